/** Clients inside the server, which obey the rules that HTTP has. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { collection } from '../../src/collections/collection.ts'
import type { AppDependencies, Rows } from '../../src/collections/declaration.ts'
import { field } from '../../src/collections/field.ts'
import { AppError } from '../../src/errors.ts'
import type { Write } from '../../src/ports/database.ts'
import type { Identity } from '../../src/request/identity.ts'
import { topic } from '../../src/topics/topic.ts'
import { createTestDatabase } from '../harness/database.ts'
import { createTestPlatform } from '../harness/platform.ts'

const diaries = collection('diaries', {
  access: { read: 'owner', create: 'signedIn', update: 'owner', delete: 'owner' },
  fields: { text: field.text({ max: 20 }), mood: field.integer({ min: 0, default: 3, indexed: true }) },
  hooks: {
    before: {
      create({ text }) {
        if (text === 'forbidden word') throw new AppError('conflict', 'Not that word.')
      },
    },
  },
})
const news = topic('news')

let subject: Awaited<ReturnType<typeof createTestDatabase>>
let nowMs = 1000
function start() {
  let given: AppDependencies<{ diaries: Rows<typeof diaries.fields> }> | undefined
  const app = createApp(createTestPlatform({ database: subject.database, now: () => nowMs }), {
    collections: [diaries],
    topics: [news],
    middleware(deps) {
      given = deps
      return []
    },
  })
  if (given === undefined) throw new Error('The middleware was not made.')
  return { as: app.as, given }
}
beforeAll(async () => {
  subject = await createTestDatabase([diaries])
})
afterAll(() => subject.remove())

const person = (userId: string): Identity => ({
  userId,
  role: 'user',
  isVerified: false,
  scopes: null,
  credentialId: userId,
  credential: 'session',
  expiresAtMs: 5000,
})
const code = (expected: string) => expect.objectContaining({ code: expected })

test('acts on behalf of a user, whose rows only the user sees', async () => {
  const app = start()
  const [ann, ben] = [app.as(person('ann')).collection(diaries), app.as(person('ben')).collection(diaries)]
  const row = await ann.create({ text: 'hello' })
  expect(row).toMatchObject({ text: 'hello', mood: 3, owner: 'ann' })
  expect(await ann.get(row.id)).toEqual(row)
  await expect(ben.get(row.id)).rejects.toEqual(code('not_found'))
  await expect(ben.update(row.id, { mood: 1 })).rejects.toEqual(code('not_found'))
  await expect(ben.delete(row.id)).rejects.toEqual(code('not_found'))
  await expect(app.as(null).collection(diaries).create({ text: 'hello' })).rejects.toEqual(code('unauthorized'))
  expect(await ann.update(row.id, { mood: 4 }, { version: row.version })).toMatchObject({ mood: 4 })
  await expect(ann.update(row.id, { mood: 5 }, { version: row.version })).rejects.toEqual(code('precondition_failed'))
  expect(await ann.delete(row.id)).toMatchObject({ id: row.id })
  await expect(ann.get(row.id)).rejects.toEqual(code('not_found'))
})

test('the server itself may do everything, but not past validation and hooks', async () => {
  const system = start().as('system').collection(diaries)
  const row = await system.create({ text: 'by nobody' })
  expect(row).toMatchObject({ owner: null })
  await expect(system.create({ text: 'x'.repeat(21) })).rejects.toEqual(code('validation_failed'))
  await expect(system.update(row.id, { mood: -1 })).rejects.toEqual(code('validation_failed'))
  await expect(system.create({ text: 'forbidden word' })).rejects.toEqual(code('conflict'))
  await system.delete(row.id)
})

test('lists with filters, sort, pages and a count, as over HTTP', async () => {
  const ann = start().as(person('ann')).collection(diaries)
  for (const mood of [1, 2, 3, 4]) await ann.create({ text: 'page', mood })
  const first = await ann.list({ filter: { mood: { $gte: 2 } }, sort: '-mood', limit: 2, count: true })
  expect([first.rows.map(({ mood }) => mood), first.count]).toEqual([[4, 3], 3])
  const second = await ann.list({ filter: { mood: { $gte: 2 } }, sort: '-mood', cursor: first.next ?? '' })
  expect([second.rows.map(({ mood }) => mood), second.next]).toEqual([[2], null])
  expect((await ann.list({ filter: { mood: { $in: [1, 4] } } })).rows).toHaveLength(2)
  const either = { $or: [{ mood: 1 }, { mood: { $between: [3, 4] } }] } as const
  expect((await ann.list({ filter: either })).rows).toHaveLength(3)
  await expect(ann.list({ limit: 0 })).rejects.toEqual(code('validation_failed'))
})

test('a transaction happens all or not at all', async () => {
  const app = start()
  const ann = app.as(person('ann'))
  const made = await ann.transaction(function* ({ collection }) {
    const row = yield* collection(diaries).create({ text: 'first' })
    const read = yield* collection(diaries).get(row.id)
    yield* collection(diaries).update(row.id, { mood: read.mood + 1 })
    return row
  })
  expect(await ann.collection(diaries).get(made.id)).toMatchObject({ mood: 4 })
  const failing = ann.transaction(function* ({ collection, publish }) {
    yield* collection(diaries).delete(made.id)
    yield* publish(news, { type: 'never' })
  })
  await expect(failing).rejects.toEqual(code('forbidden'))
  expect(await ann.collection(diaries).get(made.id)).toMatchObject({ text: 'first' })
})

test('publishes where only the server may, and a message with an id once', async () => {
  const app = start()
  await expect(app.as(person('ann')).publish(news, { type: 'hi' })).rejects.toEqual(code('forbidden'))
  const system = app.as('system')
  const offset = await system.publish(news, { type: 'hi', data: { n: 1 }, id: 'one' })
  expect(await system.publish(news, { type: 'hi', data: { n: 1 }, id: 'one' })).toBe(offset)
  await expect(system.publish(news, { type: 'other', id: 'one' })).rejects.toEqual(code('message_id_reused'))
  await expect(system.publish(topic('nothing'), { type: 'hi' })).rejects.toEqual(code('not_found'))
  await expect(system.publish(news, { type: 'a b' })).rejects.toEqual(code('validation_failed'))
  expect(await system.transaction(({ publish }) => publish(news, { type: 'next' }))).toBe(offset + 1)
})

test('acts for nobody whose session has ended', async () => {
  const ann = start().as(person('ann'))
  nowMs = 5000
  await expect(ann.collection(diaries).list()).rejects.toEqual(code('unauthorized'))
  await expect(ann.collection(diaries).create({ text: 'late' })).rejects.toEqual(code('unauthorized'))
  await expect(ann.transaction(function* () {})).rejects.toEqual(code('unauthorized'))
  nowMs = 1000
})

test('rows of code are validated as those of a client', async () => {
  const app = start()
  const { id } = await app.as('system').collection(diaries).create({ text: 'valid' })
  const { rows, database } = app.given
  const { diaries: all } = rows
  const writes: Write<unknown>[] = [
    () => all.insert({ ...all.make({ text: 'a' }), mood: -5 }),
    () => all.update(id, { mood: -5 }),
    () => all.update(id, ({ mood }) => ({ mood: mood - 50 })),
  ]
  for (const write of writes) await expect(database.write(write)).rejects.toEqual(code('validation_failed'))
  await database.write(() => all.update(id, { owner: 'ben' } as object))
  expect(await app.as(person('ben')).collection(diaries).get(id)).toMatchObject({ mood: 3, owner: 'ben' })
})

test('a misspelled field does not compile', () => {
  const ann = start().as('system').collection(diaries)
  const calls = () => [
    // @ts-expect-error
    ann.create({ text: 'a', mod: 1 }),
    // @ts-expect-error
    ann.update('id', { txet: 'a' }),
    // @ts-expect-error
    ann.list({ filter: { mod: 1 } }),
    // @ts-expect-error
    ann.list({ sort: '-mod' }),
  ]
  expect(calls).toBeTypeOf('function')
})
