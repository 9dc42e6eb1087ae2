/** Expanding references: who sees which rows, and what it costs. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestUser, testServer } from '../../adapters/testing/test-server.ts'
import { collection } from '../../src/collections/collection.ts'
import { expandRows } from '../../src/collections/expand.ts'
import { field } from '../../src/collections/field.ts'
import type { Database } from '../../src/ports/database.ts'
import { createTestDatabase } from '../harness/database.ts'

const clinics = collection('clinics', { access: { read: 'anyone' }, fields: { name: field.text() } })
const doctors = collection('doctors', {
  access: { read: 'anyone' },
  fields: { name: field.text(), clinic: field.reference('clinics', { optional: true }) },
})
const patients = collection('patients', {
  access: { read: 'owner', create: 'signedIn' },
  fields: { name: field.text(), notes: field.text({ max: 1_000_000, default: '' }) },
})
const visits = collection('visits', {
  access: 'open',
  fields: {
    patient: field.reference('patients', { optional: true }),
    doctor: field.reference('doctors', { optional: true }),
    before: field.reference('visits', { optional: true }),
  },
})
const all = [clinics, doctors, patients, visits] as const

const reads: string[] = []
let seed = 0
let subject: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  subject = await createTestDatabase(all)
})
afterAll(() => subject.remove())

async function start() {
  const { database } = subject
  const watched: Database = {
    ...database,
    read: (statement) => {
      reads.push(statement.sql)
      return database.read(statement)
    },
  }
  seed += 1
  const app = await testServer({ collections: all }, { database: watched, seed })
  const system = app.as('system')
  const clinic = await system.collection(clinics).create({ name: 'North' })
  const doctor = await system.collection(doctors).create({ name: 'Dr Sun', clinic: clinic.id })
  const ask = async (path: string, user?: TestUser) => {
    const response = await (user === undefined ? app.request(path) : user.request(path))
    return { status: response.status, headers: response.headers, body: await response.json() }
  }
  return { app, system, clinic, doctor, ask }
}

const newEmail = () => `${crypto.randomUUID()}@example.com`

test('puts rows of several levels into a row and into a list, a statement for each reference', async () => {
  const { system, clinic, doctor, ask } = await start()
  const first = await system.collection(visits).create({ doctor: doctor.id })
  const visit = await system.collection(visits).create({ doctor: doctor.id, before: first.id })
  const expected = { doctor: { ...doctor, expand: { clinic } }, before: first }
  const one = await ask(`/api/visits/${visit.id}?expand=doctor.clinic,before`)
  expect([one.status, one.body.data.expand]).toEqual([200, expected])
  expect(one.headers.has('etag')).toBe(false)
  reads.length = 0
  const list = await ask(
    `/api/visits?filter[id][$in]=${visit.id}&filter[id][$in]=${first.id}&expand=doctor.clinic,doctor,before`,
  )
  expect(list.body.data).toEqual([
    { ...first, expand: { doctor: expected.doctor } },
    { ...visit, expand: expected },
  ])
  expect(reads.filter((sql) => sql.includes('json_each'))).toHaveLength(3)
  const chosen = await ask(`/api/visits/${visit.id}?expand=doctor&fields=doctor`)
  expect(chosen.body.data).toEqual({ id: visit.id, doctor: doctor.id, expand: { doctor } })
  expect((await system.collection(visits).get(visit.id, ['doctor.clinic'])).expand).toEqual({ doctor: expected.doctor })
  const { rows } = await system.collection(visits).list({ filter: { id: visit.id }, expand: ['before'] })
  expect(rows[0]?.expand).toEqual({ before: first })
})

test('leaves out rows that the caller may not read', async () => {
  const { app, system, doctor, ask } = await start()
  const [ann, ben] = [await app.signUp(newEmail()), await app.signUp(newEmail())]
  const patient = await app.as(ann.identity).collection(patients).create({ name: 'Ann' })
  const visit = await system.collection(visits).create({ patient: patient.id, doctor: doctor.id })
  const path = `/api/visits/${visit.id}?expand=patient,doctor`
  expect((await ask(path, ann)).body.data.expand).toEqual({ patient, doctor })
  for (const other of [ben, undefined]) expect((await ask(path, other)).body.data.expand).toEqual({ doctor })
})

test.each([
  ['nothing', 'not_a_reference'],
  ['id', 'not_a_reference'],
  ['doctor.name', 'not_a_reference'],
  ['before.before.before.before', 'too_deep'],
  ['', 'not_a_reference'],
  ['doctor&fields=patient', 'not_selected'],
  [
    'before.before.before,before.before.doctor,before.before.patient,before.doctor.clinic,before.patient,doctor.clinic,patient',
    'too_big',
  ],
])('refuses expand=%s', async (text, code) => {
  const { ask } = await start()
  const { status, body } = await ask(`/api/visits?expand=${text}`)
  expect([status, body.details?.[0]]).toMatchObject([400, { field: 'expand', code }])
})

test('refuses a response that would be too long', async () => {
  const { app, system, ask } = await start()
  const ann = await app.signUp(newEmail())
  const patient = await app
    .as(ann.identity)
    .collection(patients)
    .create({ name: 'Ann', notes: 'x'.repeat(900_000) })
  for (let n = 0; n < 5; n += 1) await system.collection(visits).create({ patient: patient.id })
  const path = `/api/visits?filter[patient]=${patient.id}&expand=patient`
  expect((await ask(path, ann)).body.details[0]).toMatchObject({ field: 'expand', code: 'too_long' })
  expect((await ask(`${path}&limit=4`, ann)).status).toBe(200)
})

test('looks up 10,000 references at most, and tells the number also where the response is refused', async () => {
  const { system, doctor } = await start()
  const visit = await system.collection(visits).create({ doctor: doctor.id })
  const counts: number[] = []
  const options = { database: subject.database, decodeOf: () => (stored: object) => ({ ...stored }) }
  const below = [{ field: 'doctor', target: doctors, below: [] }]
  const expand = [{ field: 'before', target: visits, below }]
  const expanding = (ids: readonly string[], lengthMax?: number) =>
    expandRows([{ before: ids }], expand, 'system', options, { lengthMax, onLookUp: (count) => counts.push(count) })
  const ids = Array.from({ length: 9999 }, (_, index) => String(index))
  expect(await expanding([visit.id, ...ids.slice(1)])).toBe(10_000)
  await expect(expanding([visit.id, ...ids])).rejects.toMatchObject({ details: [{ code: 'too_long' }] })
  await expect(expanding([visit.id], 150)).rejects.toMatchObject({ details: [{ code: 'too_long' }] })
  await expect(expanding([...ids, visit.id, 'one more'])).rejects.toMatchObject({ details: [{ code: 'too_long' }] })
  expect(counts).toEqual([9999, 1, 10_000, 1])
})
