/** The trash and histories after a start with another declaration. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testServer } from '../../adapters/testing/test-server.ts'
import { createApp } from '../../src/app.ts'
import { collection } from '../../src/collections/collection.ts'
import type { AnyCollection } from '../../src/collections/declaration.ts'
import { type Fields, field } from '../../src/collections/field.ts'
import { createTestDatabase } from '../harness/database.ts'
import { createTestPlatform } from '../harness/platform.ts'

const dayMs = 24 * 60 * 60 * 1000
const kept = { access: 'open', softDelete: true, history: true } as const
const notes = collection('notes', {
  ...kept,
  fields: {
    text: field.text({ max: 20 }),
    title: field.text({ optional: true }),
    done: field.boolean({ default: false }),
  },
})

let subject: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  subject = await createTestDatabase([])
})
afterAll(() => subject.remove())

/** Starts the app again with these fields. */
async function startWith<F extends Fields>(fields: F, more: { dropped?: string[] } = {}) {
  const changed = collection('notes', { ...kept, fields, ...more })
  // The compiler cannot look for references in fields that are not known yet.
  const app = await testServer({ collections: [changed as AnyCollection] }, reopened())
  return { app, notes: app.as(null).collection(changed) }
}
const seeds = Iterator.from(Array.from({ length: 20 }, (_, index) => index + 1))
/** The test closes the database, and not each app. */
const reopened = () => ({ database: { ...subject.database, close: async () => {} }, seed: seeds.next().value ?? 0 })

async function deleteNote() {
  const app = await testServer({ collections: [notes] }, reopened())
  const all = app.as(null).collection(notes)
  const { id } = await all.create({ text: 'text', title: 'was' })
  await all.update(id, { title: 'title', done: true })
  await all.delete(id)
  return id
}

const { text, title, done } = notes.fields

test('a field that was added meanwhile gets its default, and one that was removed is left out', async () => {
  const id = await deleteNote()
  const { notes: now } = await startWith({
    text,
    color: field.text({ default: 'red' }),
    size: field.integer({ optional: true }),
  })
  const [entry] = (await now.trash.list()).entries
  expect(entry?.row).toMatchObject({ id, text: 'text', color: 'red', size: null })
  expect(entry?.row).not.toHaveProperty('title')
  expect(await now.trash.restore(id)).toMatchObject({ text: 'text', color: 'red', size: null })
  expect((await now.history(id)).entries.map(({ changes }) => changes)).toEqual([{}, {}, {}, {}])
})

test('a row that does not fit the declaration any more stays in the trash', async () => {
  const id = await deleteNote()
  const { notes: now } = await startWith({ text: field.text({ max: 3 }), title, done })
  await expect(now.trash.restore(id)).rejects.toMatchObject({ code: 'validation_failed', details: [{ field: 'text' }] })
  expect((await now.trash.list()).entries[0]?.row.id).toBe(id)
  await now.trash.purge(id)
})

test('the data of a dropped field is deleted in the trash and in histories, and a name that changes by case keeps it', async () => {
  const id = await deleteNote()
  const { notes: now } = await startWith({ text, Done: done }, { dropped: ['title'] })
  const stored = ['select row as json from galley_trash', 'select changes as json from galley_history']
  const texts = stored.flatMap((sql) =>
    subject.connection
      .prepare(sql)
      .all()
      .map(({ json }) => String(json)),
  )
  expect(texts.join()).not.toMatch(/title|done/)
  expect(await now.trash.restore(id)).toMatchObject({ Done: true })
  expect((await now.history(id)).entries[2]?.changes).toEqual({ Done: { before: false, after: true } })
})

test('rows of a collection that the app does not have any more stay in the trash', async () => {
  const folders = collection('folders', { ...kept, fields: { text } })
  const folder = field.reference('folders', { onDelete: 'cascade' })
  const papers = collection('papers', { ...kept, fields: { folder } })
  const before = await testServer({ collections: [folders, papers] }, reopened())
  const { id } = await before.as(null).collection(folders).create({ text: 'folder' })
  await before.as(null).collection(papers).create({ folder: id })
  await before.as(null).collection(folders).delete(id)
  const after = await testServer({ collections: [folders] }, reopened())
  expect(await after.as(null).collection(folders).trash.restore(id)).toMatchObject({ id })
  expect(subject.connection.prepare('select collection from galley_trash').all()).toEqual([{ collection: 'papers' }])
})

test('a server that stops when it is idle is started for what is due next', async () => {
  const { database, remove } = await createTestDatabase([])
  const times: number[] = []
  const scheduler = { wakeAt: (ms: number) => void times.push(ms), listen() {}, close() {} }
  const app = createApp(createTestPlatform({ database, now: () => 1000, scheduler }), {
    collections: [collection('notes', { ...kept, softDelete: { purgeAfterDays: 2 }, fields: { text } })],
  })
  await app.start()
  const all = app.as(null).collection(notes)
  await app.cleanUp()
  await all.delete((await all.create({ text: 'a' })).id)
  await app.cleanUp()
  expect(times).toEqual([1000 + 2 * dayMs])
  await remove()
})

test('a row has no history of another that had its id while histories were not declared', async () => {
  const plain = collection('notes', { access: 'open', fields: { text } })
  const [first, second, third] = [
    await testServer({ collections: [notes] }, reopened()),
    await testServer({ collections: [plain] }, reopened()),
    await testServer({ collections: [notes] }, reopened()),
  ]
  const { id } = await first.as(null).collection(notes).create({ text: 'private' })
  await first.as(null).collection(notes).update(id, { text: 'more' })
  await second.as(null).collection(plain).delete(id)
  await third.advance(1000)
  await third.as(null).collection(notes).create({ text: 'another' }, id)
  const { entries } = await third.as(null).collection(notes).history(id)
  expect(entries.map(({ action }) => action)).toEqual(['created'])
})

test('what is left of a collection that keeps nothing any more is deleted after thirty days', async () => {
  await deleteNote()
  const app = await testServer({}, reopened())
  const count = () =>
    ['galley_trash', 'galley_history', 'galley_history_gone'].map(
      (table) => subject.connection.prepare(`select count(*) as count from ${table}`).get()?.count,
    )
  await app.advance(29 * dayMs)
  await app.cleanUp()
  expect(count()[0]).toBe(2)
  await app.advance(2 * dayMs)
  await app.cleanUp()
  expect(count()).toEqual([0, 0, 0])
})
