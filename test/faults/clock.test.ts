/** A clock that is set back and forth under a running server. */
import { expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import type { Todo } from '../process/ledger.ts'
import { servers } from '../process/servers.ts'
import { disks } from './disks.ts'

const newDisk = disks()
const start = servers()

const hourMs = 3_600_000
const offsetsMs = [0, -hourMs, hourMs, 0, -hourMs, -24 * hourMs, hourMs]

interface WriteResult {
  todo: Todo
  etag: string | null
  replayed: string | null
}

async function send(url: string, method: string, path: string, body: object, headers = {}): Promise<WriteResult> {
  const response = await fetch(url + path, { method, body: JSON.stringify(body), headers })
  expect(response.ok, `${method} ${path}`).toBe(true)
  const text = await response.text()
  const { data } = (text === '' ? {} : JSON.parse(text)) as { data: Todo }
  return { todo: data, etag: response.headers.get('etag'), replayed: response.headers.get('idempotency-replayed') }
}

const runtimes = sample(['node', 'deno'] as const, 2)

async function startOnClock(runtime: 'node' | 'deno') {
  const disk = await newDisk()
  const { url } = await start({ runtime, dataDir: disk.dataDir, env: disk.env })
  return { url, setClock: (offsetMs: number) => disk.set('clockOffsetMs', offsetMs) }
}

test.each(runtimes)('the times of rows follow the clock wherever it jumps (%s)', async (runtime) => {
  const { url, setClock } = await startOnClock(runtime)
  for (const offsetMs of offsetsMs) {
    setClock(offsetMs)
    const { todo } = await send(url, 'POST', '/api/todos', { title: 'a' })
    const distanceMs = Date.parse(todo.createdAt) - Date.now() - offsetMs
    expect(Math.abs(distanceMs)).toBeLessThan(hourMs / 2)
  }
})

test.each(runtimes)('ids are unique and rise wherever the clock jumps (%s)', async (runtime) => {
  const { url, setClock } = await startOnClock(runtime)
  const ids: string[] = []
  for (const offsetMs of offsetsMs) {
    setClock(offsetMs)
    for (let i = 0; i < 20; i += 1) ids.push((await send(url, 'POST', '/api/todos', { title: 'a' })).todo.id)
  }
  expect(ids).toEqual([...new Set(ids)].toSorted())
})

test.each(runtimes)(
  'the version of a row rises and its ETag never repeats wherever the clock jumps (%s)',
  async (runtime) => {
    const { url, setClock } = await startOnClock(runtime)
    const path = '/api/todos/00000000000000000000000001'
    const responses: WriteResult[] = []
    for (const [index, offsetMs] of offsetsMs.entries()) {
      setClock(offsetMs)
      responses.push(await send(url, 'PUT', path, { title: 'made' }, { 'If-None-Match': '*' }))
      for (let i = 0; i < 5; i += 1) responses.push(await send(url, 'PATCH', path, { title: `${i}` }))
      setClock(offsetsMs[index + 1] ?? 0)
      responses.push(await send(url, 'PATCH', path, { title: 'after' }))
      expect((await fetch(url + path, { method: 'DELETE' })).status).toBe(204)
    }
    const versions = responses.map(({ todo }) => todo.version)
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
    expect(new Set(responses.map(({ etag }) => etag)).size).toBe(responses.length)
  },
)

test.each(runtimes)(
  'an Idempotency-Key replays its response wherever the clock jumps within a day (%s)',
  async (runtime) => {
    const { url, setClock } = await startOnClock(runtime)
    const keys = offsetsMs
      .slice(0, 5)
      .map((offsetMs) => ({ offsetMs, headers: { 'Idempotency-Key': `key ${offsetMs} ${crypto.randomUUID()}` } }))
    const firsts: WriteResult[] = []
    for (const { offsetMs, headers } of keys) {
      setClock(offsetMs)
      firsts.push(await send(url, 'POST', '/api/todos', { title: 'once' }, headers))
    }
    for (const { offsetMs } of keys) {
      setClock(offsetMs)
      for (const [index, { headers }] of keys.entries()) {
        expect(await send(url, 'POST', '/api/todos', { title: 'once' }, headers)).toEqual({
          ...firsts[index],
          replayed: 'true',
        })
      }
    }
  },
)
