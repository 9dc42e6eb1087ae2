/** Deleted rows: who sees them, what comes back with them, and what is left of them. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { testServer } from '../../adapters/testing/test-server.ts'
import { createApp } from '../../src/app.ts'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import { AppError } from '../../src/errors.ts'
import { createTestPlatform } from '../harness/platform.ts'

const dayMs = 24 * 60 * 60 * 1000
const own = { read: 'owner', create: 'signedIn', update: 'owner', delete: 'owner', restore: 'owner' } as const

const hooked: string[] = []
const clinics = collection('clinics', { access: 'open', fields: { name: field.text() } })
const patients = collection('patients', {
  access: { ...own, purge: 'owner', history: 'owner' },
  fields: {
    name: field.text({ max: 20, indexed: true }),
    card: field.text({ optional: true, unique: true }),
    clinic: field.reference('clinics', { optional: true, onDelete: 'setNull' }),
    friend: field.reference('patients', { optional: true, onDelete: 'cascade' }),
  },
  search: ['name'],
  softDelete: { purgeAfterDays: 3 },
  history: true,
  hooks: {
    before: {
      create({ name }, { isRestore }) {
        hooked.push(`create ${name}${isRestore ? ' again' : ''}`)
        if (isRestore && name === 'stuck') throw new AppError('conflict', 'It stays there.')
      },
      delete: ({ name }) => void hooked.push(`delete ${name}`),
    },
  },
})
const visits = collection('visits', {
  access: own,
  fields: { patient: field.reference('patients', { onDelete: 'cascade' }), number: field.integer({ default: 0 }) },
  softDelete: true,
})
const letters = collection('letters', {
  access: 'open',
  fields: { visit: field.reference('visits', { optional: true, onDelete: 'setNull' }) },
})
const collections = [clinics, patients, visits, letters] as const

let app: Awaited<ReturnType<typeof start>>
let ann: Awaited<ReturnType<typeof app.signUp>>
let ben: typeof ann
const start = () => testServer({ collections }, { now: Date.UTC(2027, 0, 1) })
beforeAll(async () => {
  app = await start()
  ann = await app.signUp('ann@example.com')
  ben = await app.signUp('ben@example.com')
})
beforeEach(() => void hooked.splice(0))
afterAll(() => app.stop())

const as = (who: typeof ann) => {
  const client = app.as(who.identity)
  return { patients: client.collection(patients), visits: client.collection(visits) }
}
const code = (expected: string) => expect.objectContaining({ code: expected })

test('a deleted row is nowhere but in the trash of those who may restore it', async () => {
  const { patients: mine, visits: myVisits } = as(ann)
  const row = await mine.create({ name: 'hidden away' })
  await mine.delete(row.id)
  await expect(mine.get(row.id)).rejects.toEqual(code('not_found'))
  expect((await mine.list({ search: 'hidden' })).rows).toEqual([])
  expect((await mine.list({ filter: { name: 'hidden away' }, count: true })).count).toBe(0)
  await expect(myVisits.create({ patient: row.id })).rejects.toEqual(code('validation_failed'))
  await expect(mine.update(row.id, { name: 'x' })).rejects.toEqual(code('not_found'))
  await expect(mine.history(row.id)).rejects.toEqual(code('not_found'))
  const now = new Date(app.now()).toISOString()
  expect((await mine.trash.list()).entries[0]).toEqual({ row, deletedAt: now, deletedBy: ann.id })
  expect((await as(ben).patients.trash.list()).entries).toEqual([])
  await expect(as(ben).patients.trash.restore(row.id)).rejects.toEqual(code('not_found'))
  await expect(as(ben).patients.trash.purge(row.id)).rejects.toEqual(code('not_found'))
  await expect(app.as(null).collection(patients).trash.list()).rejects.toEqual(code('unauthorized'))
})

test('a restored row is as it was, with a newer version, and is found again', async () => {
  const mine = as(ann).patients
  const row = await mine.create({ name: 'comes back', card: 'c1' })
  await mine.delete(row.id)
  const restored = await mine.trash.restore(row.id)
  expect(restored).toEqual({ ...row, version: restored.version })
  expect(restored.version).toBeGreaterThan(row.version)
  expect((await mine.list({ search: 'comes' })).rows).toEqual([restored])
  await expect(mine.trash.restore(row.id)).rejects.toEqual(code('not_found'))
  expect(hooked).toEqual(['create comes back', 'delete comes back', 'create comes back again'])
})

test('what was deleted together comes back together, and what was deleted before stays', async () => {
  const { patients: mine, visits: myVisits } = as(ann)
  const first = await mine.create({ name: 'first' })
  const second = await mine.create({ name: 'second', friend: first.id })
  await mine.update(first.id, { friend: second.id })
  const [before, visit] = [await myVisits.create({ patient: first.id }), await myVisits.create({ patient: second.id })]
  await myVisits.delete(before.id)
  await mine.delete(second.id)
  for (const { id } of [first, second]) await expect(mine.get(id)).rejects.toEqual(code('not_found'))
  // Neither comes back without the row that it refers to.
  await expect(myVisits.trash.restore(visit.id)).rejects.toEqual(code('validation_failed'))
  await expect(mine.trash.restore(first.id)).rejects.toEqual(code('validation_failed'))
  expect(await mine.trash.restore(second.id)).toMatchObject({ name: 'second', friend: first.id })
  expect(await mine.get(first.id)).toMatchObject({ friend: second.id })
  expect(await myVisits.get(visit.id)).toMatchObject({ patient: second.id })
  await expect(myVisits.get(before.id)).rejects.toEqual(code('not_found'))
  expect(await myVisits.trash.restore(before.id)).toMatchObject({ patient: first.id })
})

test('a reference that was set to null stays null, and one whose row is gone meanwhile becomes null', async () => {
  const mine = as(ann).patients
  const clinic = await app.as(null).collection(clinics).create({ name: 'north' })
  const row = await mine.create({ name: 'patient', clinic: clinic.id })
  await mine.delete(row.id)
  await app.as(null).collection(clinics).delete(clinic.id)
  expect(await mine.trash.restore(row.id)).toMatchObject({ clinic: null })
  expect((await mine.history(row.id)).entries[0]).toMatchObject({
    action: 'restored',
    by: ann.id,
    changes: { clinic: { before: clinic.id, after: null } },
  })
})

test('a row in the trash holds its id and no unique value', async () => {
  const mine = as(ann).patients
  const row = await mine.create({ name: 'old', card: 'taken' })
  await mine.delete(row.id)
  await expect(mine.create({ name: 'again' }, row.id)).rejects.toEqual(code('precondition_failed'))
  const other = await mine.create({ name: 'new', card: 'taken' })
  await expect(mine.trash.restore(row.id)).rejects.toEqual(code('conflict'))
  await mine.update(other.id, { card: null })
  expect(await mine.trash.restore(row.id)).toMatchObject({ card: 'taken' })
})

test('a hook that refuses a restore leaves everything in the trash', async () => {
  const { patients: mine, visits: myVisits } = as(ann)
  const row = await mine.create({ name: 'stuck' })
  const visit = await myVisits.create({ patient: row.id })
  await mine.delete(row.id)
  await expect(mine.trash.restore(row.id)).rejects.toEqual(code('conflict'))
  expect((await mine.trash.list()).entries[0]?.row).toEqual(row)
  expect((await myVisits.trash.list()).entries[0]?.row).toEqual(visit)
})

test('a row that is purged takes along what was deleted with it, and its history', async () => {
  const { patients: mine, visits: myVisits } = as(ann)
  const row = await mine.create({ name: 'private', card: 'p' })
  await mine.update(row.id, { name: 'changed' })
  const visit = await myVisits.create({ patient: row.id })
  await mine.delete(row.id)
  await mine.trash.purge(row.id)
  for (const trash of [mine.trash, myVisits.trash])
    expect((await trash.list()).entries.map(({ row }) => row.id)).not.toContain(
      trash === mine.trash ? row.id : visit.id,
    )
  const again = await mine.create({ name: 'again' }, row.id)
  expect((await mine.history(row.id)).entries.map(({ action }) => action)).toEqual(['created'])
  await app.cleanUp()
  expect((await mine.history(row.id)).entries).toHaveLength(1)
  expect(again.version).toBeGreaterThan(row.version)
})

test('a transaction deletes and restores', async () => {
  const row = await as(ann).patients.create({ name: 'in one' })
  const restored = await app.as(ann.identity).transaction(function* ({ collection }) {
    yield* collection(patients).delete(row.id)
    return yield* collection(patients).trash.restore(row.id)
  })
  expect(restored).toMatchObject({ id: row.id, name: 'in one' })
})

test('the trash is listed page by page, whatever is others in between', async () => {
  const cat = await app.signUp('cat@example.com')
  const made: string[] = []
  for (let index = 0; index < 7; index += 1) {
    for (const who of [cat, ben]) {
      const { id } = await as(who).patients.create({ name: `page ${index}` })
      await as(who).patients.delete(id)
      if (who === cat) made.unshift(id)
    }
  }
  const found: string[] = []
  let cursor: string | null = null
  do {
    const page = await as(cat).patients.trash.list({ limit: 3, ...(cursor !== null && { cursor }) })
    found.push(...page.entries.map(({ row }) => row.id))
    cursor = page.next
  } while (cursor !== null)
  expect(found).toEqual(made)
  await expect(as(cat).patients.trash.list({ limit: 101 })).rejects.toEqual(code('validation_failed'))
  await expect(as(cat).patients.trash.list({ cursor: 'x' })).rejects.toEqual(code('validation_failed'))
})

test('the cleanup purges each collection when its days are over', async () => {
  // A session does not last as long.
  const system = app.as('system')
  const { patients: mine, visits: myVisits } = as(ann)
  const row = await mine.create({ name: 'short' })
  const visit = await myVisits.create({ patient: row.id })
  await mine.delete(row.id)
  const ids = async () => [
    (await system.collection(patients).trash.list({ limit: 100 })).entries.some((entry) => entry.row.id === row.id),
    (await system.collection(visits).trash.list({ limit: 100 })).entries.some((entry) => entry.row.id === visit.id),
  ]
  await app.advance(2 * dayMs)
  await app.cleanUp()
  expect(await ids()).toEqual([true, true])
  await app.advance(2 * dayMs)
  await app.cleanUp()
  expect(await ids()).toEqual([false, true])
  await app.advance(27 * dayMs)
  await app.cleanUp()
  expect(await ids()).toEqual([false, false])
})

describe('a declaration', () => {
  const fields = { name: field.text() }
  test('names the actions of options that it has', () => {
    expect(() => collection('notes', { access: { restore: 'anyone' }, fields })).toThrow(
      'no restore without softDelete',
    )
    expect(() => collection('notes', { access: { history: 'anyone' }, fields })).toThrow('no history without history')
    expect(() => collection('notes', { access: {}, fields, softDelete: { purgeAfterDays: 0 } })).toThrow(
      'purgeAfterDays',
    )
    const { access } = collection('notes', { access: { read: 'anyone' }, fields, softDelete: true, history: true })
    expect(access).toMatchObject({ restore: 'nobody', purge: 'nobody', history: 'nobody' })
  })

  test('whose rows are deleted with those of a soft-deleting collection must be soft-deleting too', () => {
    const parents = collection('parents', { access: 'open', fields, softDelete: true })
    const parent = field.reference('parents', { onDelete: 'cascade' })
    const children = collection('children', { access: 'open', fields: { parent } })
    const database = {} as Parameters<typeof createTestPlatform>[0]['database']
    const create = () => createApp(createTestPlatform({ database }), { collections: [parents, children] })
    expect(create).toThrow('declare softDelete in children too')
  })
})
