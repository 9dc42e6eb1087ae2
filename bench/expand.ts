/**
 * The CPU time of a list of 50 rows alone and with references expanded, in memory and without a port: `node bench/expand.ts`. The
 * requests take turns, so that a change of the machine's speed affects all of them.
 */
import { testServer } from '../adapters/testing/test-server.ts'
import { collection } from '../src/collections/collection.ts'
import { field } from '../src/collections/field.ts'
import { figure, markdownTable, median } from './figures.ts'

const rounds = 60
const requestsPerRound = 50
const rowCount = 1000
const doctorCount = 100

const patients = collection('patients', {
  access: 'open',
  fields: { name: field.text(), email: field.text(), born: field.date(), notes: field.text() },
})
const doctors = collection('doctors', {
  access: 'open',
  fields: { name: field.text(), room: field.text(), phone: field.text() },
})
const visits = collection('visits', {
  access: 'open',
  fields: {
    patient: field.reference('patients'),
    doctor: field.reference('doctors'),
    substitute: field.reference('doctors'),
    team: field.references('doctors'),
    start: field.timestamp({ indexed: true }),
    reason: field.text(),
  },
})

const app = await testServer({ collections: [patients, doctors, visits] })
const system = app.as('system')
const made = await system.transaction(function* ({ collection: of }) {
  const ids: { patients: string[]; doctors: string[] } = { patients: [], doctors: [] }
  for (let n = 0; n < rowCount; n += 1) {
    const patient = { name: `patient ${n}`, email: `p${n}@example.com`, born: '1980-01-02', notes: 'n'.repeat(60) }
    ids.patients.push((yield* of(patients).create(patient)).id)
  }
  for (let n = 0; n < doctorCount; n += 1)
    ids.doctors.push((yield* of(doctors).create({ name: `doctor ${n}`, room: `B${n}`, phone: '555 0100' })).id)
  return ids
})
const doctorOf = (n: number) => made.doctors[n % doctorCount] ?? ''
await system.transaction(function* ({ collection: of }) {
  for (const [n, patient] of made.patients.entries())
    yield* of(visits).create({
      patient,
      doctor: doctorOf(n),
      substitute: doctorOf(n % 8),
      team: [doctorOf(n), doctorOf(n + 1), doctorOf(n + 2)],
      start: new Date(Date.UTC(2027, 0, 1) + n * 600_000).toISOString(),
      reason: `check ${n}`,
    })
})

const list = '/api/visits?limit=50&sort=start'
const cases = {
  'list of 50': list,
  'two references, 50 and 8 rows': `${list}&expand=patient,substitute`,
  'two references, 50 and 50 rows': `${list}&expand=patient,doctor`,
  'a list of three references': `${list}&expand=team`,
}

/** Reads a list, and returns its CPU time in microseconds. */
async function read(path: string): Promise<number> {
  // Else the server finds that it is behind, and refuses requests.
  await new Promise(setImmediate)
  const before = process.cpuUsage()
  const response = await app.request(path)
  await response.text()
  const { user, system } = process.cpuUsage(before)
  if (response.status !== 200) throw new Error(`${path}: ${response.status}`)
  return user + system
}

const times = new Map(Object.keys(cases).map((name) => [name, [] as number[]]))
for (let round = -10; round < rounds; round += 1) {
  for (const [name, path] of Object.entries(cases)) {
    let spent = 0
    for (let n = 0; n < requestsPerRound; n += 1) spent += await read(path)
    if (round >= 0) times.get(name)?.push(spent / requestsPerRound)
  }
}
const medians = Array.from(times, ([name, all]) => [name, median(all)] as const)
const alone = medians[0]?.[1] ?? 0
console.log(
  markdownTable([
    ['', 'µs', 'of the list'],
    ...medians.map(([name, us]) => [name, figure(us), (us / alone).toFixed(2)]),
  ]),
)
await app.stop()
