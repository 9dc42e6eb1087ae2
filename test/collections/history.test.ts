/** Histories of rows: what they record, and who reads which part of them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testServer } from '../../adapters/testing/test-server.ts'
import { collection } from '../../src/collections/collection.ts'
import type { Rows } from '../../src/collections/declaration.ts'
import { field } from '../../src/collections/field.ts'
import type { Database } from '../../src/ports/database.ts'

const dayMs = 24 * 60 * 60 * 1000
const teams = collection('teams', { access: 'open', fields: { name: field.text() } })
const cards = collection('cards', {
  access: 'open',
  fields: {
    text: field.text({ max: 100_000 }),
    tags: field.list(field.text(), { default: [] }),
    dueAt: field.timestamp({ optional: true }),
    team: field.reference('teams', { optional: true, onDelete: 'setNull' }),
  },
  history: true,
})
/** Each row is in reach of the room that it is in. */
const notes = collection('notes', {
  access: {
    read: (who) => who !== null && [{ room: who.userId }, { owner: who.userId }],
    create: 'signedIn',
    update: 'owner',
    delete: 'owner',
    history: (who) => who !== null && [{ room: who.userId }, { owner: who.userId }],
  },
  fields: { room: field.text({ indexed: true }), text: field.text() },
  audience: 'room',
  history: { keepDays: 10 },
})
/** Everybody reads; the owner reads what rows were. */
const pages = collection('pages', {
  access: { read: 'anyone', create: 'signedIn', update: 'signedIn', delete: 'owner', history: 'owner' },
  fields: { text: field.text() },
  history: true,
})

/** Each row is in reach of its members. */
const plans = collection('plans', {
  access: {
    read: (who) => who !== null && { members: { $contains: who.userId } },
    create: 'signedIn',
    update: (who) => who !== null && { members: { $contains: who.userId } },
    history: 'signedIn',
  },
  fields: { text: field.text(), members: field.list(field.text(), { max: 1000 }) },
  history: true,
})

interface Given {
  rows: { pages: Rows<typeof pages.fields>; notes: Rows<typeof notes.fields> }
  database: Database
}
let given: Given
let app: Awaited<ReturnType<typeof start>>
let ann: Awaited<ReturnType<typeof app.signUp>>
let ben: typeof ann
let admin: typeof ann
const start = () =>
  testServer({
    collections: [teams, cards, notes, pages, plans],
    middleware(deps) {
      given = deps as Given
      return []
    },
  })
beforeAll(async () => {
  app = await start()
  ann = await app.signUp('ann@example.com')
  ben = await app.signUp('ben@example.com')
  admin = await app.signUp('admin@example.com', { role: 'admin' })
})
afterAll(() => app.stop())

const code = (expected: string) => expect.objectContaining({ code: expected })
const summary = ({ action, by, changes }: { action: string; by: string | null; changes: object }) => [
  action,
  by,
  changes,
]

test('a history names who changed which fields, the newest change first', async () => {
  const open = app.as(null).collection(cards)
  const team = await app.as(null).collection(teams).create({ name: 'red' })
  const card = await app.as(ann.identity).collection(cards).create({ text: 'a', team: team.id })
  const changed = await open.update(card.id, { text: 'b', tags: ['x'], dueAt: '2027-01-04T09:00:00Z' })
  await app
    .as('system')
    .collection(cards)
    .update(card.id, { tags: ['x', 'y'] })
  await app.as(ben.identity).collection(cards).update(card.id, { text: 'b' })
  await app.as(ben.identity).collection(teams).delete(team.id)
  const { entries, next } = await open.history(card.id)
  expect(entries.map(summary)).toEqual([
    ['updated', ben.id, { team: { before: team.id, after: null } }],
    ['updated', 'system', { tags: { before: ['x'], after: ['x', 'y'] } }],
    [
      'updated',
      null,
      {
        text: { before: 'a', after: 'b' },
        tags: { before: [], after: ['x'] },
        dueAt: { before: null, after: '2027-01-04T09:00:00.000Z' },
      },
    ],
    ['created', ann.id, {}],
  ])
  expect(next).toBeNull()
  expect(entries[2]).toMatchObject({ version: changed.version, at: new Date(app.now()).toISOString() })
})

test('it is listed page by page, and not for a row that is gone', async () => {
  const open = app.as(null).collection(cards)
  const { id } = await open.create({ text: '0' })
  for (const text of ['1', '2', '3']) await open.update(id, { text })
  const first = await open.history(id, { limit: 3 })
  expect(first.entries).toHaveLength(3)
  const second = await open.history(id, { limit: 3, cursor: first.next ?? '' })
  expect([second.entries.map(({ action }) => action), second.next]).toEqual([['created'], null])
  const { id: other } = await open.create({ text: 'other' })
  await expect(open.history(other, { cursor: first.next ?? '' })).rejects.toEqual(code('validation_failed'))
  await open.delete(id)
  await expect(open.history(id)).rejects.toEqual(code('not_found'))
})

test('values that are too long are left out', async () => {
  const open = app.as(null).collection(cards)
  const { id } = await open.create({ text: 'a'.repeat(60_000) })
  await open.update(id, { text: 'b'.repeat(60_000), tags: ['kept'] })
  const [entry] = (await open.history(id)).entries
  expect(entry?.changes).toEqual({ text: null, tags: { before: [], after: ['kept'] } })
})

test('a thousand entries of a row are kept', async () => {
  const { database, rows } = given
  const { id } = await app.as(ann.identity).collection(pages).create({ text: 'first' })
  await database.write(function* () {
    for (let number = 1; number <= 1005; number += 1) yield* rows.pages.update(id, { text: `${number}` })
  })
  const mine = app.as(ann.identity).collection(pages)
  const texts: unknown[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof mine.history>> = await mine.history(id, {
      limit: 100,
      ...(cursor && { cursor }),
    })
    texts.push(...page.entries.map(({ changes }) => changes.text?.after))
    cursor = page.next
  }
  expect([texts.length, texts[0], texts.at(-1)]).toEqual([1000, '1005', '6'])
})

test('who may read a row reads its history only by the rule for it', async () => {
  const { id } = await app.as(ann.identity).collection(pages).create({ text: 'was' })
  await app.as(ben.identity).collection(pages).update(id, { text: 'is' })
  await expect(app.as(ben.identity).collection(pages).history(id)).rejects.toEqual(code('forbidden'))
  await expect(app.as(null).collection(pages).history(id)).rejects.toEqual(code('unauthorized'))
  expect((await app.as(admin.identity).collection(pages).history(id)).entries).toHaveLength(2)
  expect((await app.as(ann.identity).collection(pages).history(id)).entries[0]).toMatchObject({ by: ben.id })
})

test('a history ends where the row came into the reach of the reader', async () => {
  const { database, rows } = given
  const mine = app.as(ann.identity).collection(notes)
  const note = await mine.create({ room: 'elsewhere', text: 'secret' })
  await mine.update(note.id, { text: 'still secret' })
  await mine.update(note.id, { room: ben.id, text: 'hello' })
  await mine.update(note.id, { text: 'hello Ben' })
  const his = app.as(ben.identity).collection(notes)
  expect((await his.history(note.id)).entries.map(summary)).toEqual([
    ['updated', ann.id, { text: { before: 'hello', after: 'hello Ben' } }],
  ])
  expect((await mine.history(note.id)).entries).toHaveLength(4)
  // A new owner reads nothing from before.
  await mine.update(note.id, { room: 'elsewhere' })
  await database.write(() => rows.notes.update(note.id, { owner: ben.id } as object))
  expect((await his.history(note.id)).entries).toEqual([])
  expect((await app.as(admin.identity).collection(notes).history(note.id)).entries).toHaveLength(6)
})

test('a history ends where a list came to have the reader', async () => {
  const hers = app.as(ann.identity).collection(plans)
  const others = Array.from({ length: 100 }, (_, index) => `somebody ${index}`)
  const plan = await hers.create({ text: 'secret', members: [ann.id, ...others] })
  await hers.update(plan.id, { text: 'public' })
  await hers.update(plan.id, { members: [ben.id, ann.id, ...others] })
  await hers.update(plan.id, { members: [ann.id, ...others, ben.id], text: 'for Ben' })
  await hers.update(plan.id, { members: [ann.id, ben.id] })
  const textsOf = async (who: typeof ann) =>
    (await app.as(who.identity).collection(plans).history(plan.id)).entries.map(({ changes }) => changes.text?.before)
  expect(await textsOf(ben)).toEqual([undefined, 'public'])
  expect(await textsOf(ann)).toEqual([undefined, 'public', undefined, 'secret', undefined])
  await hers.update(plan.id, { members: [ann.id], text: 'without Ben' })
  await hers.update(plan.id, { members: [ann.id, ben.id] })
  expect(await textsOf(ben)).toEqual([])
  // Too many came and went to be kept.
  const members = [ben.id, ...others, ...others.map((name) => `${name}, a different one`)]
  await app.as('system').collection(plans).update(plan.id, { members })
  expect(await textsOf(ben)).toEqual([])
})

test('changes that were made past the server end it too', async () => {
  const { database } = given
  const mine = app.as(ann.identity).collection(notes)
  const note = await mine.create({ room: ben.id, text: 'a' })
  await mine.update(note.id, { room: 'elsewhere', text: 'secret' })
  const sql = 'update notes set room = ? where id = ?'
  await database.write(function* () {
    yield [{ sql, parameters: [ben.id, note.id] }]
  })
  await mine.update(note.id, { text: 'b' })
  expect((await app.as(ben.identity).collection(notes).history(note.id)).entries).toHaveLength(1)
})

test('entries are deleted when their days are over', async () => {
  const mine = app.as(ann.identity).collection(notes)
  const note = await mine.create({ room: 'r', text: 'a' })
  await app.advance(6 * dayMs)
  await mine.update(note.id, { text: 'b' })
  await app.cleanUp()
  expect((await mine.history(note.id)).entries).toHaveLength(2)
  await app.advance(6 * dayMs)
  await app.cleanUp()
  expect((await mine.history(note.id)).entries.map(({ action }) => action)).toEqual(['updated'])
})

test('types know which collections have a trash and histories', () => {
  const system = app.as('system')
  const calls = () => [
    // @ts-expect-error
    system.collection(teams).history('id'),
    // @ts-expect-error
    system.collection(cards).trash.restore('id'),
    // @ts-expect-error
    collection('x', { access: {}, fields: {}, softDelete: false }),
    // @ts-expect-error
    collection('x', { access: {}, fields: {}, history: 'keep' }),
  ]
  expect(calls).toBeTypeOf('function')
})
