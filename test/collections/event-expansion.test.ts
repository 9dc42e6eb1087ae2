/** References that are expanded in events: who sees which rows, which work is shared, and what it costs. */
import { expect, test } from 'vitest'
import { collection } from '../../src/collections/collection.ts'
import type { AnyCollection } from '../../src/collections/declaration.ts'
import { createEventExpander } from '../../src/collections/event-expansion.ts'
import { field } from '../../src/collections/field.ts'
import { createOperationsOf } from '../../src/collections/operations.ts'
import { createRowCodec } from '../../src/collections/row-codec.ts'
import type { Database, SqlRow } from '../../src/ports/database.ts'
import type { Identity } from '../../src/request/identity.ts'
import { TopicEvent } from '../../src/topics/event.ts'
import type { ExpandEvents } from '../../src/topics/event-expander.ts'

const clinics = collection('clinics', { access: { read: 'anyone' }, fields: { name: field.text() } })
const doctors = collection('doctors', {
  access: { read: 'anyone' },
  fields: { name: field.text(), clinic: field.reference('clinics') },
})
const patients = collection('patients', {
  access: { read: 'owner', create: 'signedIn' },
  fields: { name: field.text() },
})
const visits = collection('visits', {
  access: 'open',
  fields: { patient: field.reference('patients'), doctors: field.references('doctors') },
})
const collections = [clinics, doctors, patients, visits]

const [ann, ben, admin] = ['ann', 'ben', 'admin'].map(
  (userId) => ({ userId, role: userId === 'admin' ? 'admin' : 'user', scopes: null }) as unknown as Identity,
) as [Identity, Identity, Identity]

/** A database of one row for each id, whose name is as long as it says; it counts its reads, and answers later. */
function createWorld({ nameLength = 3 } = {}) {
  const reads: string[] = []
  const database = {
    async read({ sql, parameters }) {
      const name = /join "(\w+)" on/.exec(sql)?.[1] ?? ''
      reads.push(name)
      const ids = JSON.parse(String(parameters[0])) as string[]
      const text = 'n'.repeat(nameLength)
      const rows = ids.map((id): SqlRow => ({ id, createdAt: 1, version: 1, name: text, clinic: 'c1', owner: 'ann' }))
      return sql.includes('"owner" in (?)') ? rows.filter(({ owner }) => parameters.includes(owner ?? '')) : rows
    },
  } as Pick<Database, 'read'> as Database
  const rowsOf = (of: AnyCollection) => ({ decode: createRowCodec(of).decode })
  const units = { left: Number.POSITIVE_INFINITY, taken: 0, charged: 0 }
  const expander = createEventExpander({
    collections,
    // Of rows nothing but `decode` is used.
    operationsOf: createOperationsOf(collections, rowsOf as never, database),
    takeUnits(_, __, count) {
      if (units.left < count) return false
      units.left -= count
      units.taken += count
      return true
    },
    chargeUnits(_, __, count) {
      units.charged += count
    },
  })
  const prepare = (identity: Identity | null, expand: string) =>
    expander.prepare('visits', expand, { identity, peer: null }) as ExpandEvents
  return { reads, units, expander, prepare }
}

const eventsOf = (count: number, data: (n: number) => unknown) =>
  Array.from({ length: count }, (_, n) => new TopicEvent('visits', n + 1, 'created', 0, JSON.stringify(data(n))))
const visit = (n: number) => ({ id: `v${n}`, patient: `p${n}`, doctors: [`d${n}`, 'd0'] })
const dataOf = (events: readonly TopicEvent[] | null) => events?.map(({ json }) => JSON.parse(json)) ?? []

test('a batch takes one statement for each reference, and rows that the reader may not read are left out', async () => {
  const { reads, prepare } = createWorld()
  const events = eventsOf(20, visit)
  const mine = dataOf(await prepare(ann, 'patient,doctors.clinic')(events))
  expect(reads.toSorted()).toEqual(['clinics', 'doctors', 'patients'])
  expect(mine[3].expand).toMatchObject({
    patient: { id: 'p3' },
    doctors: [{ id: 'd3', expand: { clinic: { id: 'c1' } } }, { id: 'd0' }],
  })
  const theirs = dataOf(await prepare(ben, 'patient,doctors')(events))
  expect(theirs[3].expand).toMatchObject({ doctors: [{ id: 'd3' }, { id: 'd0' }] })
  expect(theirs[3].expand.patient).toBeUndefined()
})

test('readers who see the same rows share the work and its events; others, and later readers, do not', async () => {
  const { reads, prepare, units } = createWorld()
  const events = eventsOf(2, visit)
  const readers = Array.from({ length: 50 }, (_, n) => prepare(n % 2 === 0 ? ann : { ...ann }, 'patient'))
  const [first, ...rest] = await Promise.all(readers.map((expand) => expand(events)))
  for (const each of rest) expect(each).toBe(first)
  expect([reads.length, units.taken, units.charged]).toEqual([1, 0.5, 2 / 8])
  const [hers, his, all] = await Promise.all([ann, ben, admin].map((who) => prepare(who, 'patient')(events)))
  expect([hers, his, all].map((each) => dataOf(each ?? null)[0].expand?.patient?.id)).toEqual(['p0', undefined, 'p0'])
  expect(reads).toHaveLength(4)
})

test('events without references are the same, whatever their data is', async () => {
  const { prepare } = createWorld()
  const data = [null, 1, 'x', [], { id: 'x' }, { patient: 7 }, { patient: null, doctors: null }]
  const events = eventsOf(data.length, (n) => data[n])
  expect(await prepare(ann, 'patient,doctors')(events)).toEqual(events)
})

test('a batch whose rows are too long is made smaller, and an event that alone is too long is not expanded', async () => {
  const { prepare } = createWorld({ nameLength: 100_000 })
  const expand = prepare(ann, 'patient')
  let events = eventsOf(20, visit)
  for (let rounds = 0; events.length > 0; rounds += 1) {
    const expanded = dataOf(await expand(events))
    expect(expanded.length).toBeGreaterThan(0)
    for (const { expand } of expanded) expect(expand.patient.name).toHaveLength(100_000)
    expect(JSON.stringify(expanded).length).toBeLessThan(300_000)
    events = events.slice(expanded.length)
    expect(rounds).toBeLessThan(20)
  }
  const wide = { ...visit(1), doctors: Array.from({ length: 100 }, (_, n) => `d${n}`) }
  const [event] = (await prepare(ann, 'doctors')(eventsOf(3, () => wide))) ?? []
  expect(JSON.parse(event?.json ?? '')).toEqual(wide)
})

test('a reader with too few units gets nothing', async () => {
  const { prepare, units, reads } = createWorld()
  units.left = 1
  expect(await prepare(ann, 'patient,doctors.clinic')(eventsOf(1, visit))).toBeNull()
  expect(reads).toEqual([])
})

test('a topic of no collection, and what is no reference, are refused', () => {
  const { expander } = createWorld()
  const reader = { identity: null, peer: null }
  expect(() => expander.prepare('news', 'patient', reader)).toThrow('is for the topics of collections')
  for (const text of ['id', 'patient.name', 'doctors.clinic.x', ''])
    expect(() => expander.prepare('visits/room', text, reader)).toThrow('has no reference')
})
