import { expect, test } from 'vitest'
import { type Row, type Send, type Subject, tally } from './http.ts'
import { newClient } from './limits.ts'
import { etagOf, unique } from './rows.ts'
import { eventsAfter, positionOf } from './topics.ts'

export function referenceCases(subject: Subject): void {
  restricting(subject)
  cascading(subject)
  settingNull(subject)
  bounds(subject)
  expanding(subject)
  lists(subject)
}

async function make(send: Send, name: string, body: object): Promise<Row> {
  const reply = await send(`POST /api/${name}`, { body })
  expect(reply.status, reply.text).toBe(201)
  return reply.row
}

const makeWard = (send: Send) => make(send, 'wards', { name: unique('ward') })
const makePatient = (send: Send, fields: object = {}) => make(send, 'patients', { name: unique('patient'), ...fields })
const makeVisit = async (send: Send, fields: Record<string, unknown> = {}) =>
  make(send, 'visits', { ...fields, patient: fields.patient ?? (await makePatient(send)).id })

/** The status of a read of each row. */
const statuses = (send: Send, rows: [string, Row][]) =>
  Promise.all(rows.map(async ([name, { id }]) => (await send(`GET /api/${name}/${id}`)).status))

function restricting({ send }: Subject): void {
  test('a reference restricts by default: the 409 names the collection, and nothing is deleted', async () => {
    const visit = await makeVisit(send)
    const invoice = await make(send, 'invoices', { visit: visit.id })
    const reply = await send(`DELETE /api/visits/${visit.id}`)
    expect([reply.status, reply.body().code]).toEqual([409, 'conflict'])
    expect(reply.body().error).toContain('invoices')
    expect((await send(`GET /api/visits/${visit.id}`)).row).toEqual(visit)
    await send(`DELETE /api/invoices/${invoice.id}`)
    expect((await send(`DELETE /api/visits/${visit.id}`)).status).toBe(204)
  })

  test('a reference that restricts, further down, keeps all rows above it', async () => {
    const ward = await makeWard(send)
    const patient = await makePatient(send, { ward: ward.id })
    const visits = [await makeVisit(send, { patient: patient.id }), await makeVisit(send, { patient: patient.id })]
    await make(send, 'invoices', { visit: visits[1]?.id })
    const position = await positionOf(send, 'visits')
    const reply = await send(`DELETE /api/wards/${ward.id}`)
    expect(reply.status).toBe(409)
    expect(reply.body().error).toContain('invoices')
    const all: [string, Row][] = [
      ['wards', ward],
      ['patients', patient],
      ...visits.map((v): [string, Row] => ['visits', v]),
    ]
    expect(await statuses(send, all)).toEqual([200, 200, 200, 200])
    expect(await eventsAfter(send, 'visits', position)).toEqual([])
  })

  test('a row that is deleted in the same write restricts nothing', async () => {
    const patient = await makePatient(send)
    const visit = await makeVisit(send, { patient: patient.id })
    const invoice = await make(send, 'invoices', { visit: visit.id, patient: patient.id })
    expect((await send(`DELETE /api/patients/${patient.id}`)).status).toBe(204)
    expect(
      await statuses(send, [
        ['visits', visit],
        ['invoices', invoice],
      ]),
    ).toEqual([404, 404])
  })
}

function cascading({ send }: Subject): void {
  test('a reference that cascades deletes over all levels, with an event for each row, in the order below to above', async () => {
    const ward = await makeWard(send)
    const patient = await makePatient(send, { ward: ward.id })
    const visits = [await makeVisit(send, { patient: patient.id }), await makeVisit(send, { patient: patient.id })]
    const other = await makeVisit(send)
    const names = ['wards', 'patients', 'visits']
    const positions = await Promise.all(names.map((name) => positionOf(send, name)))
    expect((await send(`DELETE /api/wards/${ward.id}`)).status).toBe(204)
    const all: [string, Row][] = [
      ['wards', ward],
      ['patients', patient],
      ...visits.map((v): [string, Row] => ['visits', v]),
    ]
    expect(await statuses(send, all)).toEqual([404, 404, 404, 404])
    expect((await send(`GET /api/visits/${other.id}`)).status).toBe(200)
    const events = await Promise.all(
      names.map(async (name, index) =>
        (await eventsAfter(send, name, positions[index] ?? { epoch: '', offset: 0 })).map(({ type, data }) => [
          type,
          data,
        ]),
      ),
    )
    expect(events.slice(0, 2)).toEqual([[['deleted', { id: ward.id }]], [['deleted', { id: patient.id }]]])
    expect(events[2]).toHaveLength(2)
    expect(events[2]).toEqual(expect.arrayContaining(visits.map(({ id }) => ['deleted', { id }])))
  })

  test('rows that refer to themselves or in a circle are deleted', async () => {
    const alone = await makePatient(send)
    await send(`PATCH /api/patients/${alone.id}`, { body: { companion: alone.id } })
    expect((await send(`DELETE /api/patients/${alone.id}`)).status).toBe(204)
    const first = await makePatient(send)
    const second = await makePatient(send, { companion: first.id })
    const third = await makePatient(send, { companion: second.id })
    await send(`PATCH /api/patients/${first.id}`, { body: { companion: third.id } })
    expect((await send(`DELETE /api/patients/${second.id}`)).status).toBe(204)
    expect(
      await statuses(
        send,
        [first, second, third].map((row) => ['patients', row]),
      ),
    ).toEqual([404, 404, 404])
  })

  test('an own route cascades too, and an Idempotency-Key replays its response', async () => {
    const ward = await makeWard(send)
    const patient = await makePatient(send, { ward: ward.id })
    const headers = { 'Idempotency-Key': unique('close') }
    const replies = [1, 2].map(() => send(`POST /api/wards/${ward.id}/close`, { headers }))
    expect(tally(await Promise.all(replies))).toEqual({ 200: 2 })
    expect(await statuses(send, [['patients', patient]])).toEqual([404])
  })

  test('a hook that refuses to delete a row below keeps all of them', async () => {
    const ward = await makeWard(send)
    const patient = await makePatient(send, { ward: ward.id })
    const visits = [
      await makeVisit(send, { patient: patient.id }),
      await makeVisit(send, { patient: patient.id, isLocked: true }),
    ]
    const reply = await send(`DELETE /api/wards/${ward.id}`)
    expect([reply.status, reply.body().error]).toEqual([409, 'This visit is locked.'])
    const all: [string, Row][] = [
      ['wards', ward],
      ['patients', patient],
      ...visits.map((v): [string, Row] => ['visits', v]),
    ]
    expect(await statuses(send, all)).toEqual([200, 200, 200, 200])
  })

  test('If-Match is about the row itself', async () => {
    const ward = await makeWard(send)
    const patient = await makePatient(send, { ward: ward.id })
    const remove = (tag: string) => send(`DELETE /api/wards/${ward.id}`, { headers: { 'If-Match': tag } })
    expect((await remove('"1"')).status).toBe(412)
    expect(await statuses(send, [['patients', patient]])).toEqual([200])
    expect((await remove(etagOf(ward))).status).toBe(204)
  })

  test('rows that are created meanwhile are refused or deleted, and never refer to nothing', async () => {
    const ward = await makeWard(send)
    const create = () => send('POST /api/patients', { body: { name: 'x', ward: ward.id } })
    const [, ...created] = await Promise.all([
      ...Array.from({ length: 4 }, create),
      send(`DELETE /api/wards/${ward.id}`),
      ...Array.from({ length: 4 }, create),
    ])
    for (const { status } of created) expect([201, 204, 400]).toContain(status)
    expect((await send(`GET /api/patients?filter[ward]=${ward.id}`)).rows).toEqual([])
  })
}

function settingNull({ send }: Subject): void {
  test('a reference that is set to null is a change of its row: version, ETag and one event', async () => {
    const doctor = await make(send, 'doctors', { name: unique('doctor') })
    const visit = await makeVisit(send, { doctor: doctor.id, substitute: doctor.id })
    const position = await positionOf(send, 'visits')
    expect((await send(`DELETE /api/doctors/${doctor.id}`)).status).toBe(204)
    const reply = await send(`GET /api/visits/${visit.id}`)
    expect(reply.row).toEqual({ ...visit, doctor: null, substitute: null, version: reply.row.version })
    expect(reply.row.version).toBeGreaterThan(visit.version)
    expect(reply.header('etag')).toBe(etagOf(reply.row))
    const events = await eventsAfter(send, 'visits', position)
    expect(events.map(({ type, data }) => [type, data])).toEqual([['updated', reply.row]])
  })
}

function bounds({ send }: Subject): void {
  test('a deletion takes 1000 other rows at most, and none when there are more', async () => {
    const ward = await makeWard(send)
    expect((await send(`POST /api/beds/many/${ward.id}/1000`)).status).toBe(201)
    const extra = await make(send, 'beds', { ward: ward.id })
    const headers = newClient()
    const reply = await send(`DELETE /api/wards/${ward.id}`, { headers })
    expect([reply.status, reply.body().code]).toEqual([409, 'conflict'])
    expect(reply.body().error).toContain('1000')
    expect((await send(`GET /api/wards/${ward.id}`, { headers })).status).toBe(429)
    const count = async () => (await send(`GET /api/beds?filter[ward]=${ward.id}&limit=1&count=true`)).body().count
    expect(await count()).toBe(1001)
    expect((await send(`DELETE /api/beds/${extra.id}`)).status).toBe(204)
    expect((await send(`DELETE /api/wards/${ward.id}`)).status).toBe(204)
    expect(await count()).toBe(0)
  })

  test('a deletion costs units by the rows that it changes, also where a row restricts it', async () => {
    const ward = await makeWard(send)
    await send(`POST /api/beds/many/${ward.id}/900`)
    const patient = await makePatient(send, { ward: ward.id })
    const visit = await makeVisit(send, { patient: patient.id })
    await make(send, 'invoices', { visit: visit.id })
    const headers = newClient()
    const statuses = [
      (await send(`DELETE /api/wards/${ward.id}`, { headers })).status,
      (await send(`GET /api/wards/${ward.id}`, { headers })).status,
    ]
    expect(statuses).toEqual([409, 429])
    expect((await send(`GET /api/wards/${ward.id}`, { headers: newClient() })).status).toBe(200)
  })
}

function expanding({ send }: Subject): void {
  test('the rows that a row refers to come with it where they are asked for', async () => {
    const ward = await makeWard(send)
    const patient = await makePatient(send, { ward: ward.id })
    const visit = await makeVisit(send, { patient: patient.id })
    const path = `/api/visits?filter[patient]=${patient.id}&expand=patient.ward,doctor`
    const expected = { ...visit, expand: { patient: { ...patient, expand: { ward } } } }
    expect((await send(`GET ${path}`)).body().data).toEqual([expected])
    expect((await send(`GET /api/visits/${visit.id}?expand=patient.ward`)).row).toEqual(expected)
    expect((await send(`GET /api/visits/${visit.id}?expand=wards`)).status).toBe(400)
  })
}

function lists({ send }: Subject): void {
  const makeDoctor = () => make(send, 'doctors', { name: unique('doctor') })
  const teamsWith = async (id: string, rest = '') =>
    (await send(`GET /api/teams?filter[members][$contains]=${id}${rest}`)).rows.map((row) => row.id)

  test('a list of references keeps its order, is found by a row in it, and expands to rows', async () => {
    const [first, second] = [await makeDoctor(), await makeDoctor()]
    const one = await make(send, 'teams', { name: 'one', members: [second.id, first.id] })
    const two = await make(send, 'teams', { name: 'two', members: [first.id] })
    expect([one.members, two.wards]).toEqual([[second.id, first.id], []])
    expect(await teamsWith(first.id)).toEqual([one.id, two.id])
    expect(await teamsWith(first.id, '&sort=-createdAt&limit=1')).toEqual([two.id])
    expect(await teamsWith(second.id)).toEqual([one.id])
    const reply = await send(`GET /api/teams/${one.id}?expand=members`)
    expect(reply.row).toEqual({ ...one, expand: { members: [second, first] } })
    expect((await send(`PATCH /api/teams/${two.id}`, { body: { members: [second.id] } })).row.members).toEqual([
      second.id,
    ])
    expect([await teamsWith(first.id), await teamsWith(second.id)]).toEqual([[one.id], [one.id, two.id]])
    await send(`DELETE /api/teams/${one.id}`)
    expect(await teamsWith(second.id)).toEqual([two.id])
  })

  test('a list of references refuses rows that are not there, repeats, and too many', async () => {
    const { id } = await makeDoctor()
    for (const members of [
      ['0'.repeat(26)],
      [id, id],
      [id, '0'.repeat(26)],
      Array.from({ length: 6 }, (_, n) => `${n}`.padStart(26, '0')),
    ]) {
      const reply = await send('POST /api/teams', { body: { name: 'x', members } })
      expect([reply.status, reply.body().code]).toEqual([400, 'validation_failed'])
    }
    expect(await teamsWith(id)).toEqual([])
  })

  test('a deletion removes the row from lists, deletes with it, or is restricted, as each list declares', async () => {
    const [doctor, other] = [await makeDoctor(), await makeDoctor()]
    const team = await make(send, 'teams', { name: 'x', members: [doctor.id, other.id] })
    const position = await positionOf(send, 'teams')
    expect((await send(`DELETE /api/doctors/${doctor.id}`)).status).toBe(204)
    const changed = (await send(`GET /api/teams/${team.id}`)).row
    expect(changed).toEqual({ ...team, members: [other.id], version: changed.version })
    const events = await eventsAfter(send, 'teams', position)
    expect(events.map(({ type, data }) => [type, data])).toEqual([['updated', changed]])
    const ward = await makeWard(send)
    const patient = await makePatient(send)
    const both = await make(send, 'teams', { name: 'y', wards: [ward.id], patients: [patient.id] })
    const refused = await send(`DELETE /api/wards/${ward.id}`)
    expect([refused.status, refused.body().error]).toEqual([409, 'A row of teams still refers to it.'])
    expect((await send(`DELETE /api/patients/${patient.id}`)).status).toBe(204)
    expect(await statuses(send, [['teams', both]])).toEqual([404])
    expect((await send(`DELETE /api/wards/${ward.id}`)).status).toBe(204)
  })
}
