import { z } from '@hono/zod-openapi'
import { afterEach, expect, test, vi } from 'vitest'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import { job } from '../../src/jobs/job.ts'
import { deadLettersMax, lossesMax, waitingJobsMax } from '../../src/queue/limits.ts'
import { createWorld, startMs, type World } from './world.ts'

const worlds: World[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const { app, remove } of worlds.splice(0)) {
    await app.stop()
    await remove()
  }
})

async function worldOf(...given: Parameters<typeof createWorld>): Promise<World> {
  const world = await createWorld(...given)
  worlds.push(world)
  return world
}

/** Puts jobs into the file, such as another process would have left there. */
function insertJobs(
  { connection }: World,
  count: number,
  state: string,
  lease: string | null,
  losses = 0,
  dueAt = 0,
): void {
  const insert = connection.prepare(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
    insert into galley_jobs (id, job, payload, state, dueAt, lease, losses, createdAt)
    select printf('old%06d', i), 'note', 'null', ?, ? + i, ?, ?, 0 from n`)
  insert.run(count, state, dueAt, lease, losses)
}

test('a server that stops aborts its runs after eight seconds, and gives them back a second later', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const begun: string[] = []
  const allBegun = Promise.withResolvers<void>()
  const aborted = Promise.withResolvers<void>()
  const note = job('note', { payload: z.string() }, async ({ payload, signal }) => {
    begun.push(payload)
    if (begun.length === 2) allBegun.resolve()
    const { promise, reject } = Promise.withResolvers<never>()
    signal.addEventListener('abort', () => {
      aborted.resolve()
      if (payload === 'ends') reject(new Error('an error of its own'))
    })
    await promise
  })
  const { app, runAt, stored } = await worldOf([note])
  await app.enqueue(note, 'ends')
  await app.enqueue(note, 'goes on')
  const running = runAt(startMs)
  await allBegun.promise
  const stopped = app.stop()
  await vi.advanceTimersByTimeAsync(7999)
  expect(await stored()).toMatchObject([{ state: 'running' }, { state: 'running' }])
  await vi.advanceTimersByTimeAsync(1)
  await aborted.promise
  await vi.advanceTimersByTimeAsync(1000)
  await stopped
  await running
  const waits = { state: 'waiting', attempt: 0, losses: 0, lease: null, error: null }
  expect(await stored()).toMatchObject([waits, waits])
})

test('a job during which too many processes have ended is kept as a dead letter and not run', async () => {
  let runs = 0
  const note = job('note', {}, () => {
    runs += 1
  })
  const world = await worldOf([note])
  insertJobs(world, 1, 'running', 'another process', lossesMax - 1)
  await world.runAt(startMs)
  expect(runs).toBe(1)
  insertJobs(world, 1, 'running', 'another process', lossesMax)
  await world.app.cleanUp()
  await world.app.enqueue(note, undefined, { at: startMs + 1 })
  await world.runAt(startMs + 1)
  expect(runs).toBe(2)
  expect(await world.stored()).toMatchObject([{ state: 'dead', error: 'The server ended during 26 runs.' }])
})

test('while a hundred thousand jobs wait, enqueueing fails its write as an overloaded server does', async () => {
  const note = job('note', { payload: z.unknown() }, () => {})
  const things = collection('things', {
    access: 'open',
    fields: { name: field.text() },
    hooks: { after: { create: note } },
  })
  const world = await worldOf([note], [things])
  insertJobs(world, waitingJobsMax, 'waiting', null, 0, startMs)
  await world.app.cleanUp()
  const create = () => world.app.request('/api/things', { method: 'POST', body: '{"name":"cup"}' })
  await expect(world.app.enqueue(note, null)).rejects.toMatchObject({ code: 'busy' })
  expect((await create()).status).toBe(503)
  expect((await world.app.as('system').collection(things).list()).rows).toEqual([])
  world.connection.exec(`delete from galley_jobs where id = 'old000001'`)
  await world.app.cleanUp()
  expect((await create()).status).toBe(201)
})

test('of dead letters the newest thousand are kept, and the metrics say so', async () => {
  const fail = job('fail', { retries: 0 }, () => {
    throw new Error('broken')
  })
  const world = await worldOf([fail])
  insertJobs(world, deadLettersMax, 'dead', null)
  await world.app.cleanUp()
  const id = await world.app.enqueue(fail)
  await world.runAt(startMs)
  const ids = (await world.stored()).map((row) => row.id)
  expect(ids).toHaveLength(deadLettersMax)
  expect(ids).toContain(id)
  expect(ids).not.toContain('old000001')
  expect(world.metrics.text()).toContain(`jobs_dead ${deadLettersMax}`)
})
