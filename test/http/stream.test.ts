import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type StreamEnd, watchStream } from '../../src/http/response-stream.ts'

const timeoutMs = 50

/** A source of these chunks, one for each pull, which records its events. */
function createSource(chunks: readonly string[], last: 'close' | 'fail' | 'silence' = 'close') {
  const seen = { pulls: 0, cancelled: [] as unknown[] }
  const asked = Promise.withResolvers<void>()
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[seen.pulls]
        seen.pulls += 1
        if (chunk !== undefined) return controller.enqueue(new TextEncoder().encode(chunk))
        asked.resolve()
        if (last === 'close') controller.close()
        else if (last === 'fail') controller.error(new Error('the disk is on fire'))
      },
      cancel(reason) {
        seen.cancelled.push(reason)
      },
    },
    { highWaterMark: 0 },
  )
  /** Resolves when it is pulled after its last chunk. */
  return { body, seen, exhausted: asked.promise }
}

/** A watched source with the reports of its end. */
function watch(...given: Parameters<typeof createSource>) {
  const source = createSource(...given)
  const ends: StreamEnd[] = []
  const stream = watchStream(source.body, (end) => ends.push(end), timeoutMs)
  return { ...source, stream, reader: stream.getReader(), ends }
}

/** Waits until all pending work is done. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('a watched body', () => {
  test('passes on every byte and reports their number at the end', async () => {
    const { reader, ends } = watch(['milk', 'brød'])
    const decoder = new TextDecoder()
    const texts = [await reader.read(), await reader.read()].map(({ value }) => decoder.decode(value))
    expect(texts).toEqual(['milk', 'brød'])
    expect(ends).toEqual([])
    expect(await reader.read()).toEqual({ done: true, value: undefined })
    expect(ends).toEqual([{ bytes: 9, cut: false }])
  })

  test('that is empty ends with no bytes', async () => {
    const { reader, ends } = watch([])
    expect((await reader.read()).done).toBe(true)
    expect(ends).toEqual([{ bytes: 0, cut: false }])
  })

  test('asks its source for nothing before it is asked, and then for one chunk', async () => {
    const { reader, seen } = watch(['a', 'b', 'c', 'd'], 'silence')
    await settled()
    expect(seen.pulls).toBe(0)
    await reader.read()
    await settled()
    expect(seen.pulls).toBe(1)
    await reader.read()
    await settled()
    expect(seen.pulls).toBe(2)
    await reader.cancel()
  })

  test('whose source fails breaks off without the error message, which is reported', async () => {
    const { reader, ends } = watch(['milk'], 'fail')
    await reader.read()
    const failure: unknown = await reader.read().catch((error: unknown) => error)
    expect(String(failure)).toContain('failed')
    expect(String(failure)).not.toContain('fire')
    expect(ends).toEqual([{ bytes: 4, cut: true, error: new Error('the disk is on fire') }])
  })

  test('that is cancelled cancels its source, with the reason', async () => {
    const { reader, ends, seen } = watch(['milk', 'bread'])
    await reader.read()
    await reader.cancel('the client has gone')
    expect(seen.cancelled).toEqual(['the client has gone'])
    expect(ends).toEqual([{ bytes: 4, cut: true }])
  })

  test('that was never read cancels its source, too', async () => {
    const { reader, ends, seen } = watch(['milk'])
    await reader.cancel('unwanted')
    expect(seen).toEqual({ pulls: 0, cancelled: ['unwanted'] })
    expect(ends).toEqual([{ bytes: 0, cut: true }])
  })

  test('that is cancelled while its source is silent reports its end once', async () => {
    const { reader, ends, seen, exhausted } = watch(['milk'], 'silence')
    await reader.read()
    const waiting = reader.read()
    await exhausted
    await reader.cancel('the client has gone')
    await waiting
    await settled()
    expect(seen.cancelled).toEqual(['the client has gone'])
    expect(ends).toEqual([{ bytes: 4, cut: true }])
  })

  test("is cancelled without harm where its source can't be", async () => {
    const ends: StreamEnd[] = []
    const source = new ReadableStream<Uint8Array>({ cancel: () => Promise.reject(new Error('never')) })
    await watchStream(source, (end) => ends.push(end), timeoutMs).cancel()
    expect(ends).toEqual([{ bytes: 0, cut: true }])
  })
})

describe('a peer that takes nothing', () => {
  test('for the whole time limit is cut: its response breaks off, and the source is cancelled', async () => {
    const { reader, ends, seen } = watch(['milk', 'bread'])
    await reader.read()
    vi.advanceTimersByTime(timeoutMs)
    await settled()
    expect(ends).toEqual([{ bytes: 4, cut: true }])
    expect(seen.cancelled).toHaveLength(1)
    await expect(reader.read()).rejects.toThrow('takes nothing')
    expect(ends).toHaveLength(1)
  })

  test('for a little less than that gets all', async () => {
    const { reader, ends } = watch(['a', 'b', 'c'])
    for (let taken = 0; taken < 3; taken += 1) {
      await reader.read()
      vi.advanceTimersByTime(timeoutMs - 1)
      await settled()
    }
    expect((await reader.read()).done).toBe(true)
    expect(ends).toEqual([{ bytes: 3, cut: false }])
  })

  test('because there is nothing to take is not cut, however long that lasts', async () => {
    const { reader, ends, exhausted } = watch(['milk'], 'silence')
    await reader.read()
    const waiting = reader.read()
    await exhausted
    vi.advanceTimersByTime(100 * timeoutMs)
    await settled()
    expect(ends).toEqual([])
    await reader.cancel()
    await waiting
  })
})
