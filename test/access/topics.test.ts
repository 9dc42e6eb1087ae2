import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kind, kinds } from '../transports/clients.ts'
import { declaredCollections } from './declared-collections.ts'
import { type DeclaredTopic, declaredTopics } from './declared-topics.ts'
import { byAsker, outcomeOf } from './outcomes.ts'
import { type Asker, type AskerName, type Askers, askerNames, bearer, cookie, makeAskers, signUp } from './people.ts'
import { server } from './server.ts'
import { Asking, fits, type Question, type Told, toldBy, type Way, ways } from './ways.ts'
import { startWorld, type World } from './world.ts'

let world: World
let askers: Askers
let asking: Asking

beforeAll(async () => {
  world = await startWorld(server)
  const root = await signUp(world.send, { code: world.administratorCode })
  const names = [...Object.keys(declaredCollections), ...Object.keys(declaredTopics)]
  askers = await makeAskers(world.send, root, [...new Set(names)])
  asking = new Asking(world)
})
afterAll(async () => {
  await asking.end()
  await world.stop()
  expect(world.problems).toEqual([])
})

/** What no server has, with a part where the other has one. */
const absent = (topic: string) => `nothing_here${topic.includes('/') ? '/part' : ''}`

/** What came of asking for a topic, beside asking for one that there is not. */
async function outcome(topic: string, ask: (topic: string) => Promise<Told>): Promise<string> {
  return outcomeOf(await ask(topic), await ask(absent(topic)), null)
}

async function outcomes(
  { topic }: DeclaredTopic,
  asked: readonly AskerName[],
  ask: (asker: Asker, topic: string) => Promise<Told>,
): Promise<Record<string, string>> {
  const pairs = asked.map(async (name) => {
    return [name, await outcome(topic(askers), (each) => ask(askers[name], each))] as const
  })
  return Object.fromEntries(await Promise.all(pairs))
}

function expected(rules: DeclaredTopic['read'], asked: readonly AskerName[]): Record<string, string | undefined> {
  const declared = byAsker(rules)
  return Object.fromEntries(asked.map((name) => [name, declared[name]]))
}

const askedBy = (way: Way) => askerNames.filter((name) => fits(way, askers[name]))

/** The head of a stream of events. */
async function stream(way: 'bearer' | 'cookie', asker: Asker, topic: string): Promise<Told> {
  const shown = way === 'bearer' ? bearer(asker) : cookie(asker)
  const controller = new AbortController()
  const headers = { ...shown, Accept: 'text/event-stream' }
  const { signal } = controller
  const response = await fetch(`${world.url}/api/topics/${topic}/events`, { headers, signal })
  if (response.ok) controller.abort()
  const { requestId: _, ...body } = response.ok ? {} : ((await response.json()) as Record<string, unknown>)
  return { status: response.status, body, headers: {} }
}

const viaMessages = kinds.flatMap((kind) => (['subscribe', 'join'] as const).map((method) => ({ kind, method })))

describe.each(Object.entries(declaredTopics))('the topic of %s', (_, declared) => {
  const question = (more: string, rest: Partial<Question> = {}) => {
    return (way: Way) => (asker: Asker, topic: string) =>
      asking.ask(way, asker, { line: more.replace('TOPIC', topic), ...rest })
  }
  const poll = question('GET /api/topics/TOPIC/events')
  const presence = question('GET /api/topics/TOPIC/presence')
  const publish = question('POST /api/topics/TOPIC/events', { body: { type: 'told', data: null } })

  test.each(ways)('by %s: those read it, who is there, and publish, who are declared', async (way) => {
    const asked = askedBy(way)
    expect(await outcomes(declared, asked, poll(way))).toEqual(expected(declared.read, asked))
    expect(await outcomes(declared, asked, presence(way))).toEqual(expected(declared.read, asked))
    expect(await outcomes(declared, asked, publish(way))).toEqual(expected(declared.publish, asked))
  })

  test.each(['bearer', 'cookie'] as const)('as a stream by %s: to those who are declared', async (way) => {
    const asked = askedBy(way)
    const found = await outcomes(declared, asked, (asker, topic) => stream(way, asker, topic))
    expect(found).toEqual(expected(declared.read, asked))
  })

  test.each(viaMessages)('$method over $kind: for those who are declared', async ({ kind, method }) => {
    const call = (asker: Asker, topic: string) => asking.call(kind, asker, method, { topic, name: 'somebody' })
    expect(await outcomes(declared, askerNames, call)).toEqual(expected(declared.read, askerNames))
  })
})

test('every topic that the server describes has a declared rule, and so has every collection', async () => {
  const { paths } = JSON.parse((await world.send('GET /openapi.json')).text) as { paths: Record<string, unknown> }
  const described = Object.keys(paths).flatMap((path) => /^\/api\/topics\/(\w+)/.exec(path)?.[1] ?? [])
  const names = [...described, ...Object.keys(declaredCollections)]
  expect(new Set(Object.keys(declaredTopics))).toEqual(new Set(names))
})

test('a long poll after a position that was known asks the rule anew', async () => {
  const { data } = await readPosition()
  const after = `after=${data.offset}&epoch=${data.epoch}`
  for (const asker of [askers.other, askers.anonymous]) {
    const line = `GET /api/topics/diaries/${askers.owner.userId}/events?${after}`
    const absentLine = `GET /api/topics/nothing_here/part/events?${after}`
    expect(await asking.ask('bearer', asker, { line })).toEqual(await asking.ask('bearer', asker, { line: absentLine }))
  }
})

test.each<Kind>(kinds)('subscribe over %s after a position that was known asks the rule anew', async (kind) => {
  const { data: after } = await readPosition()
  const topic = `diaries/${askers.owner.userId}`
  const call = (name: string) => asking.call(kind, askers.other, 'subscribe', { topic: name, after })
  expect(await call(topic)).toEqual(await call('nothing_here/part'))
})

async function readPosition(): Promise<{ data: { epoch: string; offset: number } }> {
  const reply = await world.send(`GET /api/topics/diaries/${askers.owner.userId}/events`, {
    headers: bearer(askers.owner),
  })
  expect(reply.status).toBe(200)
  const { position } = JSON.parse(reply.text) as { position: { epoch: string; offset: number } }
  return { data: position }
}

test('what is hidden says so as a stream, too, in the words for what is not there', async () => {
  const told = toldBy(
    await world.send(`GET /api/topics/diaries/${askers.owner.userId}/events`, {
      headers: { ...bearer(askers.other), Accept: 'text/event-stream' },
    }),
  )
  const absentTold = toldBy(
    await world.send('GET /api/topics/nothing_here/part/events', {
      headers: { ...bearer(askers.other), Accept: 'text/event-stream' },
    }),
  )
  expect(told).toEqual(absentTold)
})
