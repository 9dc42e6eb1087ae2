/** References that are expanded in events, by long poll, as a stream, and over message connections. */
import { expect, test } from 'vitest'
import { nobody } from '../access/people.ts'
import { connect } from '../access/request-transports.ts'
import { request } from '../transports/clients.ts'
import type { Row, Subject } from './http.ts'
import { unique } from './rows.ts'
import { type Event, eventsPath, type Position, pageOf, positionOf } from './topics.ts'
import { openStream } from './topics-stream.ts'

export function topicExpandCases({ send, origin, kinds }: Subject): void {
  const make = async (name: string, body: object): Promise<Row> => {
    const reply = await send(`POST /api/${name}`, { body })
    expect(reply.status, reply.text).toBe(201)
    return reply.row
  }
  /** The first event after a position, as it is by each way of reading. */
  async function readAll(topic: string, position: Position, expand: string): Promise<Event[]> {
    const polled = await send(`GET ${eventsPath(topic, position, { expand, wait: '25', limit: '1' })}`)
    const stream = await openStream(origin() + eventsPath(topic, position, { expand }))
    expect(stream.status).toBe(200)
    await stream.next()
    const streamed = (await stream.next())?.data as Event
    stream.close()
    const messages = kinds.map(async (kind) => {
      const client = await connect(origin(), kind, nobody)
      expect((await client.ask(request(1, 'subscribe', { topic, after: position, expand }))).error).toBeUndefined()
      const { topic: _, ...event } = (await client.next()).params as unknown as Event & { topic: string }
      client.end()
      return event
    })
    return [...pageOf(polled).data, streamed, ...(await Promise.all(messages))]
  }

  test('an event has the rows that its row refers to, as they are when it is read', async () => {
    const ward = await make('wards', { name: unique('ward') })
    const patient = await make('patients', { name: unique('patient'), ward: ward.id })
    const doctor = await make('doctors', { name: unique('doctor') })
    const position = await positionOf(send, 'teams')
    const team = await make('teams', { name: 'x', members: [doctor.id], patients: [patient.id] })
    for (const name of [doctor.name, 'renamed']) {
      const { row } = await send(`PATCH /api/doctors/${doctor.id}`, { body: { name } })
      const data = { ...team, expand: { members: [row], patients: [{ ...patient, expand: { ward } }] } }
      for (const event of await readAll('teams', position, 'members,patients.ward'))
        expect(event).toMatchObject({ offset: position.offset + 1, type: 'created', data })
    }
  })

  test('readers who wait get new events expanded, and a deletion as it is', async () => {
    const doctor = await make('doctors', { name: unique('doctor') })
    const visit = await make('visits', { patient: (await make('patients', { name: 'x' })).id })
    const position = await positionOf(send, 'visits')
    const stream = await openStream(origin() + eventsPath('visits', position, { expand: 'doctor' }))
    await stream.next()
    const { row } = await send(`PATCH /api/visits/${visit.id}`, { body: { doctor: doctor.id } })
    expect((await stream.next())?.data).toMatchObject({ type: 'updated', data: { ...row, expand: { doctor } } })
    await send(`DELETE /api/visits/${visit.id}`)
    expect((await stream.next())?.data).toMatchObject({ type: 'deleted', data: { id: visit.id } })
    stream.close()
  })

  test.each([
    ['visits', 'nothing'],
    ['visits', 'patient.ward.x.y'],
    ['visits', ''],
    ['playground', 'patient'],
    ['visits', 'x'.repeat(3000)],
  ])('a reader of %s who asks to expand "%.20s" is refused', async (topic, expand) => {
    const position = await positionOf(send, topic)
    const path = eventsPath(topic, position, { expand })
    const stream = await openStream(origin() + path)
    stream.close()
    const first = await send(`GET /api/topics/${topic}/events?${new URLSearchParams({ expand })}`)
    expect([(await send(`GET ${path}`)).status, first.status, stream.status]).toEqual([400, 400, 400])
    for (const kind of kinds) {
      const client = await connect(origin(), kind, nobody)
      expect((await client.ask(request(1, 'subscribe', { topic, expand }))).error?.code).toBe(-32602)
      client.end()
    }
  })
}
