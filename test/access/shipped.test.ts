/** The server as it is shipped: its collections are open to every client unless configured otherwise, its accounts never are. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { server } from '../../src/server.ts'
import type { Row } from '../conformance/http.ts'
import { collectionRoutes } from './declared-collections.ts'
import { type Askers, askerNames, bearer, makeAskers, type Person, signUp } from './people.ts'
import {
  Asking,
  fits,
  type Observed,
  type RequestTransport,
  requestTransports,
  transportsOf,
} from './request-transports.ts'
import { newId, startWorld, type World } from './world.ts'

let world: World
let root: Person
let askers: Askers
let asking: Asking
let room: Row

beforeAll(async () => {
  world = await startWorld(server)
  root = await signUp(world.send, { code: world.administratorCode })
  askers = await makeAskers(world.send, root, ['todos'])
  asking = new Asking(world)
  room = await make('rooms')
})
afterAll(async () => {
  await asking.end()
  await world.stop()
  expect(world.problems).toEqual([])
})

/** The body that creates a row of each collection. */
const valuesOf: Readonly<Record<string, () => object>> = {
  todos: () => ({ title: 'milk' }),
  rooms: () => ({ name: crypto.randomUUID() }),
  members: () => ({ room: room.id, name: 'ann' }),
  messages: () => ({ room: room.id, author: 'ann', text: 'hello' }),
}

async function make(name: string): Promise<Row> {
  const reply = await world.send(`POST /api/${name}`, { body: valuesOf[name]?.() })
  expect(reply.status, reply.text).toBe(201)
  return reply.row
}

const done = { list: 200, read: 200, create: 201, update: 200, delete: 204 }

async function ask(
  name: string,
  route: string,
  transport: RequestTransport,
  who: (typeof askerNames)[number],
): Promise<Observed> {
  const isCreate = route.startsWith('POST')
  const id = isCreate ? '' : (await make(name)).id
  const line = route.replace('NAME', name).replace(':id', id)
  const body = isCreate ? { body: valuesOf[name]?.() } : route.startsWith('P') ? { body: {} } : {}
  return asking.ask(transport, askers[who], { line, ...body })
}

const cases = Object.keys(valuesOf).flatMap((name) =>
  collectionRoutes
    .filter(({ route, action }) => !(route.startsWith('PUT') && action === 'create'))
    .map(({ route, action }) => ({ name, route, action })),
)

describe.each(cases)('$route of $name', ({ name, route, action }) => {
  test.each(transportsOf(route))('by %s: everybody may', async (transport) => {
    const asked = askerNames.filter((who) => fits(transport, askers[who]))
    const statuses = await Promise.all(asked.map(async (who) => (await ask(name, route, transport, who)).status))
    expect(statuses).toEqual(asked.map(() => (route.endsWith('/import') ? 200 : done[action])))
  })
})

const topics = ['todos', 'rooms', 'members/ROOM', 'messages/ROOM', 'playground']

describe.each(topics)('the topic %s', (pattern) => {
  test.each(requestTransports)('by %s: everybody may follow it', async (transport) => {
    const topic = pattern.replace('ROOM', room.id)
    const asked = askerNames.filter((who) => fits(transport, askers[who]))
    const observed = await Promise.all(
      asked.map((who) => asking.ask(transport, askers[who], { line: `GET /api/topics/${topic}/events` })),
    )
    expect(observed.map(({ status }) => status)).toEqual(asked.map(() => 200))
  })

  test('no client can publish to the topic of a collection', async () => {
    const line = `POST /api/topics/${pattern.replace('ROOM', room.id)}/events`
    const body = { type: 'created', data: {} }
    for (const who of ['anonymous', 'other', 'owner', 'fullKey'] as const) {
      const { status } = await world.send(line, { headers: bearer(askers[who]), body })
      expect(status, who).toBe(pattern === 'playground' ? 201 : 403)
    }
  })
})

test('public rows do not show their owner', async () => {
  const made = await world.send('POST /api/todos', { headers: bearer(askers.owner), body: { title: 'milk' } })
  expect(made.text).not.toContain(askers.owner.userId)
})

test('PUT creates under an id that is free, for everybody', async () => {
  for (const who of askerNames) {
    const headers = { ...bearer(askers[who]), 'If-None-Match': '*' }
    const reply = await world.send(`PUT /api/todos/${newId()}`, { headers, body: { title: 'milk' } })
    expect(reply.status, who).toBe(201)
  }
})
