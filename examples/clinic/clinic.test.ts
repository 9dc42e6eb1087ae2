import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { testServer } from 'galley/testing'
import { appointments, clinic, doctors, patients } from './clinic.ts'

const nine = '2027-01-05T09:00:00.000Z'
const start = () => testServer(clinic, { now: Date.UTC(2027, 0, 4, 6) })

let app: Awaited<ReturnType<typeof start>>
beforeEach(async () => {
  await app?.stop()
  app = await start()
})
after(() => app.stop())

async function world() {
  const doctor = await app.as('system').collection(doctors).create({ name: 'Dr Sun', specialty: 'skin' })
  const [ann, ben, staff] = await Promise.all([
    patient('ann'),
    patient('ben'),
    app.signUp('staff@example.com', { role: 'staff' }),
  ])
  return { doctor, ann, ben, staff }
}

async function patient(name: string) {
  const user = await app.signUp(`${name}@example.com`)
  const as = app.as(user.identity)
  const row = await as.collection(patients).create({ name, email: user.email })
  return { ...user, row, appointments: as.collection(appointments) }
}

const refused = (message: RegExp) => ({ code: 'conflict', message })

test('a doctor has one patient at a time, whichever way a booking is made', async () => {
  const { doctor, ann, ben } = await world()
  await ann.appointments.create({ doctor: doctor.id, patient: ann.row.id, startsAt: nine, minutes: 30 })
  const wanted = { doctor: doctor.id, patient: ben.row.id, startsAt: '2027-01-05T09:20:00Z' }
  await assert.rejects(ben.appointments.create(wanted), refused(/another patient/))
  const later = await ben.appointments.create({ ...wanted, startsAt: '2027-01-05T09:30:00Z' })
  await assert.rejects(ben.appointments.update(later.id, { startsAt: nine }), refused(/another patient/))
  for (const method of ['PUT', 'PATCH']) {
    const body = JSON.stringify({ startsAt: nine })
    const response = await ben.request(`/api/appointments/${later.id}`, { method, body })
    assert.equal(response.status, 409)
  }
})

test('of twenty who want the same time one gets it', async () => {
  const { doctor, ann } = await world()
  const body = { doctor: doctor.id, patient: ann.row.id, startsAt: nine }
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => ann.appointments.create(body)))
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('appointments are ahead, and while the clinic is open', async () => {
  const { doctor, ann } = await world()
  const book = (startsAt: string) =>
    ann.appointments.create({ doctor: doctor.id, patient: ann.row.id, startsAt, minutes: 30 })
  await assert.rejects(book('2027-01-03T09:00:00Z'), refused(/passed/))
  await assert.rejects(book('2027-01-05T07:50:00Z'), refused(/open/))
  await assert.rejects(book('2027-01-05T17:40:00Z'), refused(/open/))
})

test('a patient sees and books only for themself, the staff sees all', async () => {
  const { doctor, ann, ben, staff } = await world()
  const { id } = await ann.appointments.create({ doctor: doctor.id, patient: ann.row.id, startsAt: nine })
  assert.equal((await ben.request(`/api/appointments/${id}`)).status, 404)
  await assert.rejects(
    ben.appointments.create({ doctor: doctor.id, patient: ann.row.id, startsAt: '2027-01-05T11:00:00Z' }),
    { code: 'validation_failed' },
  )
  const [row] = (
    await app
      .as(staff.identity)
      .collection(appointments)
      .list({ expand: ['patient'] })
  ).rows
  assert.equal(row?.expand?.patient?.name, 'ann')
  const taken = await app.request(`/api/doctors/${doctor.id}/taken?day=2027-01-05`)
  assert.deepEqual((await taken.json()).data, [{ startsAt: nine, minutes: 20 }])
})

test('a booking is confirmed, and its patient is reminded a day before the time to which it was moved', async () => {
  const { doctor, ann } = await world()
  const { id } = await ann.appointments.create({ doctor: doctor.id, patient: ann.row.id, startsAt: nine })
  await ann.appointments.update(id, { startsAt: '2027-01-05T12:00:00Z' })
  const subjects = () => app.mail.map(({ to, subject }) => `${to}: ${subject}`)
  await app.advance(4 * 60 * 60_000)
  assert.deepEqual(subjects(), ['ann@example.com: Your appointment is booked'])
  await app.advance(2 * 60 * 60_000)
  assert.equal(subjects()[1], 'ann@example.com: Your appointment is tomorrow')
})

test('a cancelled appointment is restored only while its time is free, and the staff sees who did what', async () => {
  const { doctor, ann, ben, staff } = await world()
  const booking = { doctor: doctor.id, startsAt: nine }
  const { id } = await ann.appointments.create({ ...booking, patient: ann.row.id })
  await ann.appointments.delete(id)
  const other = await ben.appointments.create({ ...booking, patient: ben.row.id })
  await assert.rejects(ann.appointments.trash.restore(id), refused(/another patient/))
  await ben.appointments.delete(other.id)
  await ann.appointments.trash.restore(id)
  await assert.rejects(ann.appointments.history(id), { code: 'forbidden' })
  const { entries } = await app.as(staff.identity).collection(appointments).history(id)
  assert.deepEqual(
    entries.map(({ action, by }) => [action, by]),
    ['restored', 'deleted', 'created'].map((action) => [action, ann.id]),
  )
})

test('a change of an appointment is sent to the addresses that an administrator has entered', async () => {
  const { doctor, ann } = await world()
  const admin = await app.signUp('admin@example.com', { role: 'admin' })
  const body = JSON.stringify({ url: 'https://calendar.example/hook', events: ['appointments.*'] })
  assert.equal((await admin.request('/api/admin/webhooks', { method: 'POST', body })).status, 201)
  await ann.appointments.create({ doctor: doctor.id, patient: ann.row.id, startsAt: nine })
  await app.runJobs()
  assert.deepEqual(
    app.webhooks.map((sent) => [sent.url, JSON.parse(sent.body).type]),
    [['https://calendar.example/hook', 'appointments.created']],
  )
})
