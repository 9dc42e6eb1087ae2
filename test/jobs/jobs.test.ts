import { z } from '@hono/zod-openapi'
import { afterEach, expect, test } from 'vitest'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import { AppError } from '../../src/errors.ts'
import { type AnyJob, job } from '../../src/jobs/job.ts'
import { payloadBytesMax } from '../../src/queue/limits.ts'
import { createWorld, startMs, type World } from './world.ts'

const worlds: World[] = []
afterEach(async () => {
  for (const { app, remove } of worlds.splice(0)) {
    await app.stop()
    await remove()
  }
})

async function worldOf(...jobs: AnyJob[]): Promise<World> {
  const world = await createWorld(jobs)
  worlds.push(world)
  return world
}

const text = z.object({ text: z.string() })

test('a job runs with its payload, and is gone when it is done', async () => {
  const seen: unknown[] = []
  const note = job('note', { payload: text }, ({ payload, attempt }) => void seen.push([payload.text, attempt]))
  const { app, runAt, stored } = await worldOf(note)
  await app.enqueue(note, { text: 'a' })
  await app.enqueue(note, { text: 'b' })
  await runAt(startMs)
  expect(seen).toEqual([
    ['a', 1],
    ['b', 1],
  ])
  expect(await stored()).toEqual([])
})

test('a job that a write enqueues exists if and only if the write happened', async () => {
  const seen: string[] = []
  const note = job('note', { payload: text }, ({ payload }) => void seen.push(payload.text))
  const things = collection('things', {
    access: 'open',
    fields: { name: field.text() },
    hooks: {
      before: {
        *create({ name }, { enqueue }) {
          yield* enqueue(note, { text: name })
          if (name === 'bad') throw new AppError('conflict')
        },
      },
    },
  })
  const world = await createWorld([note], [things])
  worlds.push(world)
  const create = async (name: string) => {
    const body = JSON.stringify({ name })
    const response = await world.app.request('/api/things', { method: 'POST', body })
    return response.status
  }
  expect(await create('good')).toBe(201)
  expect(await create('bad')).toBe(409)
  await world.runAt(startMs)
  expect(seen).toEqual(['good'])
})

test('a job runs at its time, not before', async () => {
  let runs = 0
  const tick = job('tick', {}, () => {
    runs += 1
  })
  const { app, runAt } = await worldOf(tick)
  await app.enqueue(tick, undefined, { at: startMs + 60_000 })
  await runAt(startMs + 59_999)
  expect(runs).toBe(0)
  await runAt(startMs + 60_000)
  expect(runs).toBe(1)
})

test('a waiting job of the same key is replaced', async () => {
  const seen: string[] = []
  const note = job('note', { payload: text }, ({ payload }) => void seen.push(payload.text))
  const { app, runAt } = await worldOf(note)
  const first = await app.enqueue(note, { text: 'old' }, { key: 'k' })
  expect(await app.enqueue(note, { text: 'new' }, { key: 'k' })).toBe(first)
  await app.enqueue(note, { text: 'other' }, { key: 'l' })
  await runAt(startMs)
  expect(seen.toSorted()).toEqual(['new', 'other'])
})

test('jobs of one key run one at a time, those of others beside them', async () => {
  const running = new Set<string>()
  const seen: string[] = []
  const ended = Promise.withResolvers<void>()
  const note = job('note', { payload: text }, async ({ payload }) => {
    expect(running.has(payload.text)).toBe(false)
    running.add(payload.text)
    seen.push(payload.text)
    if (seen.length === 1) await app.enqueue(note, { text: 'a' }, { key: 'a' })
    if (payload.text === 'b') ended.resolve()
    await ended.promise
    running.delete(payload.text)
  })
  const { app, runAt } = await worldOf(note)
  await app.enqueue(note, { text: 'a' }, { key: 'a' })
  await app.enqueue(note, { text: 'b' }, { key: 'b' })
  await runAt(startMs)
  expect(seen).toEqual(['a', 'b', 'a'])
})

test('a failing job is tried again, later each time, and then kept with its error', async () => {
  const attempts: number[] = []
  const fail = job('fail', { retries: 2, backoff: { firstMs: 1000, maxMs: 5000 } }, ({ attempt }) => {
    attempts.push(attempt)
    throw new Error(`broken ${attempt}`)
  })
  const { app, runAt, stored } = await worldOf(fail)
  await app.enqueue(fail)
  await runAt(startMs)
  const [{ dueAt } = {}] = await stored()
  expect(dueAt).toBeGreaterThanOrEqual(startMs + 500)
  expect(dueAt).toBeLessThanOrEqual(startMs + 1000)
  await runAt(startMs + 1000)
  await runAt(startMs + 3000)
  await runAt(startMs + 60_000)
  expect(attempts).toEqual([1, 2, 3])
  expect(await stored()).toMatchObject([{ state: 'dead', attempt: 3, error: expect.stringContaining('broken 3') }])
})

test('a failed job gives way to a newer one of its key', async () => {
  const seen: string[] = []
  const note = job('note', { payload: text }, async ({ payload }) => {
    seen.push(payload.text)
    if (payload.text === 'new') return
    await app.enqueue(note, { text: 'new' }, { key: 'k' })
    throw new Error('broken')
  })
  const { app, runAt, stored } = await worldOf(note)
  await app.enqueue(note, { text: 'old' }, { key: 'k' })
  await runAt(startMs)
  await runAt(startMs + 60_000)
  expect(seen).toEqual(['old', 'new'])
  expect(await stored()).toEqual([])
})

test('a run that takes too long is aborted and counts as failed', async () => {
  const slow = job('slow', { timeoutMs: 1, retries: 0 }, async ({ signal }) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => resolve())
    await promise
  })
  const { app, runAt, stored } = await worldOf(slow)
  await app.enqueue(slow)
  await runAt(startMs)
  expect(await stored()).toMatchObject([{ state: 'dead', error: expect.stringContaining('longer than 1 ms') }])
})

test('a job with a payload that its schema no longer takes is kept at once', async () => {
  const note = job('note', { payload: text }, () => {})
  const { app, another, stored } = await worldOf(note)
  await app.enqueue(note, { text: 'a' })
  const newer = job('note', { payload: z.object({ subject: z.string() }) }, () => {})
  const next = await another([newer])
  await next.runAt(startMs)
  expect(await stored()).toMatchObject([{ state: 'dead', attempt: 1, error: expect.stringContaining('payload') }])
})

test('two processes on one file do not run a job twice, and one takes over what the other has lost', async () => {
  const seen: string[] = []
  const begun = Promise.withResolvers<void>()
  const hanging = Promise.withResolvers<void>()
  const lost = job('note', { payload: text }, async () => {
    begun.resolve()
    await hanging.promise
  })
  const note = job('note', { payload: text }, ({ payload }) => void seen.push(payload.text))
  const first = await worldOf(lost)
  const second = await first.another([note])
  await first.app.enqueue(lost, { text: 'a' }, { key: 'k' })
  const running = first.runAt(startMs)
  await begun.promise
  await second.runAt(startMs + 1000)
  expect(seen).toEqual([])
  await second.runAt(startMs + 10_001)
  expect(seen).toEqual(['a'])
  hanging.resolve()
  await running
  expect(await first.stored()).toEqual([])
})

test('a server that stops finishes its runs, and gives back what has not begun', async () => {
  const begun = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const seen: string[] = []
  const note = job('note', { payload: text, concurrency: 1 }, async ({ payload }) => {
    begun.resolve()
    await release.promise
    seen.push(payload.text)
  })
  const { app, runAt, stored } = await worldOf(note)
  await app.enqueue(note, { text: 'a' })
  await app.enqueue(note, { text: 'b' })
  const running = runAt(startMs)
  await begun.promise
  const stopped = app.stop()
  release.resolve()
  await stopped
  await running
  expect(seen).toEqual(['a'])
  expect(await stored()).toMatchObject([{ state: 'waiting', attempt: 0, lease: null, payload: '{"text":"b"}' }])
})

test('payloads, keys and undeclared jobs are refused at once', async () => {
  const note = job('note', { payload: text }, () => {})
  const { app } = await worldOf(note)
  await expect(app.enqueue(note, { text: 'x'.repeat(payloadBytesMax) })).rejects.toThrow('larger than')
  await expect(app.enqueue(note, { text: JSON.parse('1') })).rejects.toThrow('invalid')
  await expect(app.enqueue(note, { text: 'a' }, { key: '@a' })).rejects.toThrow('key')
  await expect(app.enqueue(note, { text: 'a' }, { at: 0.5 })).rejects.toThrow('time')
  const other = job('other', {}, () => {})
  await expect(app.enqueue(other)).rejects.toThrow('no job other')
})
