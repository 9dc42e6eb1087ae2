import { z } from '@hono/zod-openapi'
import { afterEach, expect, test } from 'vitest'
import { collection } from '../../src/collections/collection.ts'
import type { AnyCollection } from '../../src/collections/declaration.ts'
import { field } from '../../src/collections/field.ts'
import { type AnyJob, job } from '../../src/jobs/job.ts'
import type { Identity } from '../../src/request/identity.ts'
import { createWorld, startMs, type World } from './world.ts'

const worlds: World[] = []
afterEach(async () => {
  for (const { app, remove } of worlds.splice(0)) {
    await app.stop()
    await remove()
  }
})

async function worldOf(jobs: readonly AnyJob[], collections: readonly AnyCollection[]): Promise<World> {
  const world = await createWorld(jobs, collections)
  worlds.push(world)
  return world
}

const change = z.object({
  kind: z.enum(['created', 'updated', 'deleted']),
  row: z.object({ name: z.string() }),
  before: z.object({ name: z.string() }).nullable(),
  userId: z.string().nullable(),
})

/** A collection with one job for each kind of change, and the changes that the job has seen. */
function watched() {
  const seen: z.output<typeof change>[] = []
  const watch = job('watch', { payload: change }, ({ payload }) => void seen.push(payload))
  const things = collection('things', {
    access: 'open',
    fields: { name: field.text({ max: 2_000_000 }) },
    hooks: { after: { create: watch, update: watch, delete: watch } },
  })
  return { seen, watch, things }
}

test('a job that is a hook runs after each change, with the change as its payload', async () => {
  const { seen, things } = watched()
  const { app, runAt, stored } = await worldOf([], [things])
  const ann = { userId: 'ann', role: 'admin', scopes: null, expiresAtMs: null } as Identity
  const { id } = await app.as(ann).collection(things).create({ name: 'cup' })
  await app.as('system').collection(things).update(id, { name: 'mug' })
  await app.as(null).collection(things).delete(id)
  expect(await stored()).toHaveLength(3)
  await runAt(startMs)
  expect(seen).toEqual([
    { kind: 'created', row: { name: 'cup' }, before: null, userId: 'ann' },
    { kind: 'updated', row: { name: 'mug' }, before: { name: 'cup' }, userId: null },
    { kind: 'deleted', row: { name: 'mug' }, before: null, userId: null },
  ])
  expect(await stored()).toEqual([])
})

test('a row that comes back from the trash is a creation that says so', async () => {
  const seen: unknown[] = []
  const payload = z.object({ kind: z.string(), isRestore: z.boolean() })
  const watch = job('watch', { payload }, (context) => void seen.push(context.payload))
  const things = collection('things', {
    access: 'open',
    softDelete: true,
    fields: { name: field.text() },
    hooks: { after: { create: watch, delete: watch } },
  })
  const { app, runAt } = await worldOf([], [things])
  const rows = app.as('system').collection(things)
  const { id } = await rows.create({ name: 'cup' })
  await rows.delete(id)
  await rows.trash.restore(id)
  await runAt(startMs)
  expect(seen).toEqual([
    { kind: 'created', isRestore: false },
    { kind: 'deleted', isRestore: false },
    { kind: 'created', isRestore: true },
  ])
})

test('such a job exists if and only if the change happened, and once for a request that is repeated', async () => {
  const { seen, things } = watched()
  const { app, runAt } = await worldOf([], [things])
  const failing = app.as('system').transaction(function* ({ collection }) {
    yield* collection(things).create({ name: 'lost' })
    throw new Error('broken')
  })
  await expect(failing).rejects.toThrow('broken')
  const init = { method: 'POST', body: '{"name":"kept"}', headers: { 'Idempotency-Key': 'a key of some length' } }
  const replies = [await app.request('/api/things', init), await app.request('/api/things', init)]
  expect(replies.map(({ status }) => status)).toEqual([201, 201])
  await runAt(startMs)
  expect(seen.map(({ row }) => row.name)).toEqual(['kept'])
})

test('what a process that ended has not done runs in the next, and a failing job again', async () => {
  const { things } = watched()
  const first = await worldOf([], [things])
  await first.app.as('system').collection(things).create({ name: 'cup' })
  await first.app.stop()
  const attempts: number[] = []
  const mended = job('watch', { payload: change, backoff: { firstMs: 1 } }, ({ attempt }) => {
    attempts.push(attempt)
    if (attempt === 1) throw new Error('broken')
  })
  const fields = { name: field.text({ max: 2_000_000 }) }
  const next = await first.another(
    [],
    [collection('things', { access: 'open', fields, hooks: { after: { create: mended } } })],
  )
  await next.runAt(startMs)
  await next.runAt(startMs + 1)
  expect(attempts).toEqual([1, 2])
  expect(await first.stored()).toEqual([])
})

test('a deletion enqueues a job for each row that it deletes', async () => {
  const { things } = watched()
  const seen: string[] = []
  const gone = job('gone', { payload: z.object({ row: z.object({ id: z.string() }) }) }, ({ payload }) => {
    seen.push(payload.row.id)
  })
  const parts = collection('parts', {
    access: 'open',
    fields: { thing: field.reference('things', { onDelete: 'cascade' }) },
    hooks: { after: { delete: gone } },
  })
  const { app, runAt, stored } = await worldOf([], [things, parts])
  const { id } = await app.as('system').collection(things).create({ name: 'cup' })
  await app.as('system').transaction(function* ({ collection }) {
    for (let count = 0; count < 1000; count += 1) yield* collection(parts).create({ thing: id })
  })
  await app.as('system').collection(things).delete(id)
  expect((await stored()).filter((row) => row.job === 'gone')).toHaveLength(1000)
  await runAt(startMs)
  expect(new Set(seen).size).toBe(1000)
})

test('a row of a megabyte is a payload, and a change that is too large fails its write as the client can understand', async () => {
  const { things, seen } = watched()
  const { app, runAt } = await worldOf([], [things])
  const rows = app.as('system').collection(things)
  const { id } = await rows.create({ name: 'x'.repeat(1_000_000) })
  await expect(rows.update(id, { name: 'y'.repeat(1_000_000) })).rejects.toMatchObject({ code: 'body_too_large' })
  expect(await rows.get(id)).toMatchObject({ name: 'x'.repeat(1_000_000) })
  await runAt(startMs)
  expect(seen).toHaveLength(1)
})

test('an app runs the job of a hook whether or not it is among its jobs, and refuses another of that name', async () => {
  const { watch, things, seen } = watched()
  const { app, runAt, database } = await worldOf([watch], [things])
  await app.as('system').collection(things).create({ name: 'cup' })
  await runAt(startMs)
  expect(seen).toHaveLength(1)
  const other = job('watch', {}, () => {})
  await expect(worldOf([other], [things])).rejects.toThrow('Two jobs have the name watch')
  const broken = { ...things, hooks: { after: { create: { name: 'watch' } } } } as unknown as AnyCollection
  await expect(worldOf([], [broken])).rejects.toThrow('after.create of things must be a function or a job')
  await database.check()
})

test('the compiler compares the payload of a job with the rows of the collection', () => {
  const titled = job('titled', { payload: z.object({ row: z.object({ title: z.string() }) }) }, () => {})
  const changed = job('changed', { payload: z.object({ before: z.object({ name: z.string() }) }) }, () => {})
  const fields = { name: field.text() }
  // @ts-expect-error -- the rows have no title
  collection('things', { access: 'open', fields, hooks: { after: { create: titled } } })
  // @ts-expect-error -- a row that is created has none before
  collection('things', { access: 'open', fields, hooks: { after: { create: changed } } })
  collection('things', {
    access: 'open',
    fields,
    hooks: {
      after: { update: changed, create: ({ name }, { identity }) => void [name satisfies string, identity?.userId] },
    },
  })
})
