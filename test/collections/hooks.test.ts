import { afterEach, expect, test } from 'vitest'
import { collection } from '../../src/collections/collection.ts'
import type { HookContext, Rows } from '../../src/collections/declaration.ts'
import { field } from '../../src/collections/field.ts'
import { createAllRows } from '../../src/collections/rows.ts'
import { createIds } from '../../src/database/id.ts'
import { runAll } from '../../src/database/steps.ts'
import { AppError } from '../../src/errors.ts'
import { createLocalNotifier } from '../../src/ports/notifier.ts'
import type { Identity } from '../../src/request/identity.ts'
import { createTopicLog } from '../../src/topics/log.ts'
import { createTestDatabase } from '../harness/database.ts'

const removals: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const remove of removals.splice(0)) await remove()
})

const ann = { userId: 'ann', role: 'user' } as Identity
const shelves = collection('shelves', {
  access: 'open',
  fields: { name: field.text(), things: field.integer({ default: 0 }) },
})

async function createWorld() {
  const calls: unknown[][] = []
  const problems: unknown[] = []
  const note = (name: string, { identity }: HookContext, ...values: unknown[]) => {
    calls.push([name, identity?.userId ?? null, ...values])
  }
  const things = collection('things', {
    access: 'open',
    fields: { name: field.text({ max: 10 }), shelf: field.reference('shelves', { optional: true }) },
    hooks: {
      before: {
        *create({ name, shelf }, context) {
          if (shelf === null) return undefined
          const full = yield* context.rows(shelves).find(shelf)
          if (full !== null && full.things >= 2) throw new AppError('conflict', 'The shelf is full.')
          yield* context.rows(shelves).update(shelf, ({ things }) => ({ things: things + 1 }))
          return { name: name.toUpperCase() }
        },
        update: (_, { name }) => (name === 'long' ? { name: 'x'.repeat(11) } : undefined),
        delete: ({ name }, context) => note('before delete', context, name),
      },
      after: {
        create: ({ name }, context) => note('after create', context, name),
        update: (before, { name }, context) => note('after update', context, before.name, name),
        delete({ name }, context) {
          note('after delete', context, name)
          throw new Error('broken')
        },
      },
    },
  })
  const { database, remove } = await createTestDatabase([shelves, things])
  removals.push(remove)
  const notifier = createLocalNotifier()
  const { all: rows } = createAllRows([shelves, things], {
    database,
    now: Date.now,
    as: () => {
      throw new Error('There are no clients.')
    },
    enqueue: () => {
      throw new Error('There are no jobs.')
    },
    enqueueChange: () => {
      throw new Error('There are no jobs.')
    },
    topicLog: createTopicLog({ database, now: Date.now, notifier }),
    newId: createIds(Date.now, (bytes) => crypto.getRandomValues(bytes)),
    problem: (error) => problems.push(error),
  })
  return {
    database,
    shelves: rows.shelves as Rows<typeof shelves.fields>,
    things: rows.things as Rows<typeof things.fields>,
    calls,
    problems,
  }
}

test('a hook before reads and writes other rows in the same write, and changes the row', async () => {
  const { database, shelves, things } = await createWorld()
  const shelf = await database.write(() => shelves.insert(shelves.make({ name: 'left' })))
  const create = () => database.write(() => things.insert(things.make({ name: 'cup', shelf: shelf.id })))
  const results = await Promise.allSettled([create(), create(), create()])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  expect(results[0]).toMatchObject({ value: { name: 'CUP' } })
  expect(await shelves.get(shelf.id)).toMatchObject({ things: 2 })
})

test('hooks get the identity of the caller; the server itself is null', async () => {
  const { database, things, calls } = await createWorld()
  const { id } = await database.write(() => things.insert(things.make({ name: 'cup' }), { identity: ann }))
  await database.write(() => things.update(id, { name: 'mug' }))
  await database.write(() => things.remove(id, { identity: ann }))
  expect(calls).toEqual([
    ['after create', 'ann', 'cup'],
    ['after update', null, 'cup', 'mug'],
    ['before delete', 'ann', 'mug'],
    ['after delete', 'ann', 'mug'],
  ])
})

test('hooks after run once for a write that was tried again, and not for one that failed', async () => {
  const { database, things, calls } = await createWorld()
  const failing = { sql: 'select 1 where false', parameters: [], guard: { error: 'conflict' as const } }
  const lost = database.write(function* () {
    yield* things.insert(things.make({ name: 'lost' }))
    yield* runAll(failing)
  })
  const kept = database.write(() => things.insert(things.make({ name: 'kept' })))
  await expect(lost).rejects.toMatchObject({ code: 'conflict' })
  await kept
  expect(calls).toEqual([['after create', null, 'kept']])
})

test('an error of a hook after the commit is reported and fails no write', async () => {
  const { database, things, problems } = await createWorld()
  const { id } = await database.write(() => things.insert(things.make({ name: 'cup' })))
  await database.write(() => things.remove(id))
  await expect.poll(() => problems).toMatchObject([{ message: 'broken' }])
  expect(await things.get(id)).toBeNull()
})

test('the fields that a hook changes are validated', async () => {
  const { database, things } = await createWorld()
  const { id } = await database.write(() => things.insert(things.make({ name: 'cup' })))
  const update = database.write(() => things.update(id, { name: 'long' }))
  await expect(update).rejects.toMatchObject({ code: 'validation_failed' })
  expect(await things.get(id)).toMatchObject({ name: 'cup' })
})
