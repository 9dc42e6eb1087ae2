/** The appointments of a clinic: who may see and change what, the rules of a booking, mail and webhooks about it, and the times that are taken. */
import {
  type AppDependencies,
  AppError,
  type Env,
  field,
  type HookContext,
  type Identity,
  type JobContext,
  job,
  roles,
  run,
} from 'galley'
import { Hono } from 'hono'
import { z } from 'zod'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** Hours of a day in UTC between which appointments are. */
const open = { from: 8, to: 18 }

export const { collection, topic } = roles('staff')

/** Patients see their own; the staff sees all. */
const ownOrStaff = (who: Identity | null) => who !== null && (who.role === 'staff' || { owner: who.userId })

export const doctors = collection('doctors', {
  access: { read: 'anyone', create: 'staff', update: 'staff', delete: 'staff' },
  fields: {
    name: field.text({ trim: true, min: 1, max: 100, indexed: true }),
    specialty: field.choice(['general', 'children', 'skin'], { indexed: true }),
  },
  search: ['name'],
})

export const patients = collection('patients', {
  access: { read: ownOrStaff, create: 'signedIn', update: 'owner', delete: 'owner' },
  fields: {
    name: field.text({ trim: true, min: 1, max: 100 }),
    email: field.text({ max: 254 }),
    born: field.date({ optional: true }),
  },
})

/** Both run at least once, also after a crash. */
export const confirm = job('confirm', { payload: z.object({ row: z.object({ id: z.string() }) }) }, (context) =>
  send(context, context.payload.row.id, 'Your appointment is booked'),
)
export const remind = job('remind', { payload: z.object({ id: z.string() }) }, (context) =>
  send(context, context.payload.id, 'Your appointment is tomorrow'),
)

/** Writes to the patient, unless the appointment was cancelled. */
async function send({ as, mailer }: JobContext<unknown>, id: string, subject: string): Promise<void> {
  const { rows } = await as('system')
    .collection(appointments)
    .list({ filter: { id }, expand: ['patient', 'doctor'] })
  const { startsAt, expand: { patient, doctor } = {} } = rows[0] ?? {}
  if (!patient || !doctor) return
  const text = `${patient.name}, you see ${doctor.name} at ${startsAt}.\n`
  await mailer?.send({ to: patient.email, subject, text })
}

export const appointments = collection('appointments', {
  access: {
    read: ownOrStaff,
    create: 'signedIn',
    update: 'owner',
    delete: 'owner',
    restore: 'owner',
    history: 'staff',
  },
  fields: {
    doctor: field.reference(doctors),
    patient: field.reference(patients, { onDelete: 'cascade' }),
    startsAt: field.timestamp({ indexed: true }),
    minutes: field.integer({ min: 10, max: 120, default: 20 }),
    reason: field.text({ max: 500, default: '' }),
  },
  indexes: [['doctor', 'startsAt']],
  // The staff follows the appointments of one doctor: the topic appointments/DOCTOR.
  audience: 'doctor',
  // A cancelled appointment can be restored, if its time is still free.
  softDelete: true,
  history: true,
  hooks: {
    before: { create: checked, update: (_, appointment, context) => checked(appointment, context) },
    after: { create: confirm },
  },
})

interface Booking {
  id: string
  doctor: string
  startsAt: string
  minutes: number
}

/**
 * Refuses a booking in the past, outside of the hours, or at a time when the doctor has another patient. The reminder is due a day
 * before; a change of the appointment moves it, because the key is the same.
 */
function* checked({ id, doctor, startsAt, minutes }: Booking, { enqueue, now }: HookContext) {
  const start = Date.parse(startsAt)
  const end = start + minutes * minuteMs
  if (start < now()) throw new AppError('conflict', 'The time has passed.')
  const day = start - (start % dayMs)
  if (start < day + open.from * 60 * minuteMs || end > day + open.to * 60 * minuteMs)
    throw new AppError('conflict', `The clinic is open from ${open.from}:00 to ${open.to}:00.`)
  const [other] = yield* run({
    sql: `select id from appointments where doctor = ? and startsAt > ? and startsAt < ?
      and startsAt + minutes * ${minuteMs} > ? and id <> ?`,
    parameters: [doctor, start - 120 * minuteMs, end, start, id],
  })
  if (other) throw new AppError('conflict', 'The doctor has another patient at that time.')
  yield* enqueue(remind, { id }, { key: id, at: start - dayMs })
}

export const days = topic('days', { access: { read: 'staff' } })

/** Tells the staff each morning how many patients come. */
export const announce = job('announce', { cron: '0 7 * * *' }, async ({ as, now }) => {
  const clinic = as('system')
  const startsAt = { $gte: isoTime(now()), $lt: isoTime(now() + dayMs) }
  const { count } = await clinic.collection(appointments).list({ filter: { startsAt }, limit: 1, count: true })
  await clinic.publish(days, { type: 'announced', data: { count } })
})

const isoTime = (ms: number) => new Date(ms).toISOString()

/** `GET /api/doctors/ID/taken?day=2027-01-04`: when a doctor has patients, but not whom. */
const routes = ({ as }: Pick<AppDependencies<unknown>, 'as'>) =>
  new Hono<Env>().get('/api/doctors/:id/taken', async (c) => {
    const day = Date.parse(`${c.req.query('day')}T00:00:00Z`)
    if (Number.isNaN(day)) throw new AppError('bad_request', 'The day must be like 2027-01-04.')
    const filter = { doctor: c.req.param('id'), startsAt: { $gte: isoTime(day), $lt: isoTime(day + dayMs) } }
    const { rows } = await as('system').collection(appointments).list({ filter, sort: 'startsAt', limit: 200 })
    return c.json({ data: rows.map(({ startsAt, minutes }) => ({ startsAt, minutes })), status: 200 })
  })

export const clinic = {
  collections: [doctors, patients, appointments],
  topics: [days],
  jobs: [remind, announce],
  // Administrators enter where changes are sent to, such as the calendar of the clinic.
  webhooks: [appointments],
  routes,
}
