import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ErrorCode, errorTable } from '../../src/errors.ts'
import type { Row } from '../conformance/http.ts'
import { type Action, type DeclaredCollection, declaredCollections, routesOf } from './declared-collections.ts'
import { byAsker, outcomeOf } from './outcomes.ts'
import { type Asker, type AskerName, type Askers, askerNames, bearer, makeAskers, signUp } from './people.ts'
import {
  Asking,
  fits,
  type Observed,
  type Question,
  type RequestTransport,
  transportsOf,
} from './request-transports.ts'
import { server } from './server.ts'
import { newId, noId as none, startWorld, type World } from './world.ts'

let world: World
let askers: Askers
let asking: Asking

beforeAll(async () => {
  world = await startWorld(server)
  const root = await signUp(world.send, { code: world.administratorCode })
  askers = await makeAskers(world.send, root, Object.keys(declaredCollections))
  asking = new Asking(world)
})
afterAll(async () => {
  await asking.end()
  await world.stop()
  expect(world.problems).toEqual([])
})

async function make(name: string, asker: Asker, values: object): Promise<Row> {
  const reply = await world.send(`POST /api/${name}`, { headers: bearer(asker), body: values })
  if (reply.status !== 201) throw new Error(reply.text)
  return reply.row
}

/** The body that creates a row; `links` name a diary that the caller may read. */
async function valuesFor(name: string, asker: Asker, secret: string): Promise<Record<string, unknown>> {
  const { values = {} } = declaredCollections[name] as DeclaredCollection
  if (name === 'todos') return { title: secret }
  if (name !== 'links') return { ...values, text: secret }
  const { id } = await make('diaries', asker.userId === '' ? askers.owner : asker, { text: 'named' })
  return { diary: id, label: secret }
}

/** The field that holds the secret of a row. */
function textField(route: string): string {
  return route.includes('/todos') ? 'title' : route.includes('/links') ? 'label' : 'text'
}

function questionOf(route: string, action: Action, values: object): (id: string) => Question {
  const line = (id: string) => route.replace(':id', id)
  if (route.endsWith('/aggregate')) return (id) => ({ line: `${route}?filter[id]=${id}&max=${textField(route)}` })
  if (route.endsWith('/export')) return () => ({ line: route })
  if (action === 'list') return () => ({ line: `${route}?limit=1000` })
  if (action === 'trash') return () => ({ line: `${route}?limit=100` })
  if (action === 'create' && route.startsWith('PUT'))
    return () => ({ line: line(newId()), body: values, headers: { 'If-None-Match': '*' } })
  if (action === 'create') return () => ({ line: route, body: values })
  return (id) => ({ line: line(id), ...(action === 'update' && { body: {} }) })
}

/** Requests, as a caller, a row of another user and a row that does not exist. */
async function outcome(
  name: string,
  route: string,
  action: Action,
  transport: RequestTransport,
  asker: AskerName,
): Promise<string> {
  const secret = `secret ${crypto.randomUUID()}`
  const author = askers[(declaredCollections[name] as DeclaredCollection).author]
  const { id } = await make(name, author, await valuesFor(name, author, secret))
  if (['trash', 'restore', 'purge'].includes(action))
    await world.send(`DELETE /api/${name}/${id}`, { headers: bearer(author) })
  const who = askers[asker]
  const isCreate = action === 'create'
  const question = questionOf(route, action, isCreate ? await valuesFor(name, maker(who), 'new') : {})
  const observed = await asking.ask(transport, who, question(id))
  const isList = action === 'list' || action === 'trash'
  if (isList && observed.status === 200) return JSON.stringify(observed).includes(secret) ? 'seen' : 'unseen'
  if (route.endsWith('/import') && observed.status === 200) return importOutcome(String(observed.body))
  const missing = isList || isCreate ? null : await asking.ask(transport, who, question(none))
  return outcomeOf(observed, missing, secret)
}

/** The status that a request for the one row of an import would have had. */
function importOutcome(lines: string): string {
  const found = lines
    .split('\n')
    .map((line) => (line === '' ? {} : (JSON.parse(line) as { code?: ErrorCode; created?: number })))
  const code = found.find((line) => line.code !== undefined)?.code
  if (code !== undefined) return String(errorTable[code].status)
  return found.some(({ created }) => created === 1) ? '201' : 'nothing'
}

/** The caller that creates a referenced row: a key without the right uses its user. */
function maker(who: Asker): Asker {
  if (who.credential !== 'key') return who
  return who.userId === askers.owner.userId ? askers.owner : askers.admin
}

const cases = Object.keys(declaredCollections).flatMap((name) =>
  routesOf(name).map(({ route, action }) => ({ name, route, action })),
)

describe.each(cases)('$route, which is to $action', ({ name, route, action }) => {
  test.each(transportsOf(route))('by %s: each caller gets the declared outcome', async (transport) => {
    const declared = byAsker((declaredCollections[name] as DeclaredCollection)[action] ?? {})
    const asked = askerNames.filter((asker) => fits(transport, askers[asker]))
    const found = asked.map(async (asker) => [asker, await outcome(name, route, action, transport, asker)] as const)
    const expected = Object.fromEntries(asked.map((asker) => [asker, declared[asker]]))
    expect(Object.fromEntries(await Promise.all(found))).toEqual(expected)
  })
})

test.each(['GET /api/todos/export', 'POST /api/todos/import'])(
  '%s is refused in a message, whoever asks',
  async (line) => {
    for (const asker of [askers.anonymous, askers.admin])
      expect(
        await asking.ask('ws-json', asker, { line, ...(line.startsWith('POST') && { body: { title: 'x' } }) }),
      ).toMatchObject({ status: 406 })
  },
)

test('a hidden row is hidden for HEAD and under /api/v1 too', async () => {
  const { id } = await make('diaries', askers.owner, { text: 'mine' })
  const tell = async (line: string): Promise<Observed> => asking.ask('bearer', askers.other, { line })
  for (const start of ['HEAD /api/diaries', 'GET /api/v1/diaries', 'HEAD /api/v1/diaries', 'OPTIONS /api/diaries'])
    expect(await tell(`${start}/${id}`), start).toEqual(await tell(`${start}/${none}`))
  expect(await tell(`HEAD /api/diaries/${id}`)).toMatchObject({ status: 404 })
})
