import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kind, kinds } from '../transports/clients.ts'
import { declaredCollections } from './declared-collections.ts'
import { type DeclaredTopic, declaredTopics } from './declared-topics.ts'
import { byAsker, outcomeOf } from './outcomes.ts'
import { type Asker, type AskerName, type Askers, askerNames, bearer, cookie, makeAskers, signUp } from './people.ts'
import {
  Asking,
  fits,
  type Observed,
  observedReply,
  type Question,
  type RequestTransport,
  requestTransports,
} from './request-transports.ts'
import { server } from './server.ts'
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

/** A topic that does not exist, with a partition where the other has one. */
const absent = (topic: string) => `nothing_here${topic.includes('/') ? '/part' : ''}`

/** The outcome of a request for a topic, compared with one for a topic that does not exist. */
async function outcome(topic: string, ask: (topic: string) => Promise<Observed>): Promise<string> {
  return outcomeOf(await ask(topic), await ask(absent(topic)), null)
}

async function outcomes(
  { topic }: DeclaredTopic,
  asked: readonly AskerName[],
  ask: (asker: Asker, topic: string) => Promise<Observed>,
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

const askedBy = (transport: RequestTransport) => askerNames.filter((name) => fits(transport, askers[name]))

/** The head of a stream of events. */
async function stream(transport: 'bearer' | 'cookie', asker: Asker, topic: string): Promise<Observed> {
  const shown = transport === 'bearer' ? bearer(asker) : cookie(asker, world.url)
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
    return (transport: RequestTransport) => (asker: Asker, topic: string) =>
      asking.ask(transport, asker, { line: more.replace('TOPIC', topic), ...rest })
  }
  const poll = question('GET /api/topics/TOPIC/events')
  const presence = question('GET /api/topics/TOPIC/presence')
  const publish = question('POST /api/topics/TOPIC/events', { body: { type: 'told', data: null } })

  test.each(requestTransports)(
    'by %s: the declared callers read it, see its members, and publish',
    async (transport) => {
      const asked = askedBy(transport)
      expect(await outcomes(declared, asked, poll(transport))).toEqual(expected(declared.read, asked))
      expect(await outcomes(declared, asked, presence(transport))).toEqual(expected(declared.read, asked))
      expect(await outcomes(declared, asked, publish(transport))).toEqual(expected(declared.publish, asked))
    },
  )

  test.each(['bearer', 'cookie'] as const)('as a stream by %s: for the declared callers', async (transport) => {
    const asked = askedBy(transport)
    const found = await outcomes(declared, asked, (asker, topic) => stream(transport, asker, topic))
    expect(found).toEqual(expected(declared.read, asked))
  })

  test.each(viaMessages)('$method over $kind: for the declared callers', async ({ kind, method }) => {
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

test('a stream of a hidden topic gets the response of a missing one', async () => {
  const observed = observedReply(
    await world.send(`GET /api/topics/diaries/${askers.owner.userId}/events`, {
      headers: { ...bearer(askers.other), Accept: 'text/event-stream' },
    }),
  )
  const absentReported = observedReply(
    await world.send('GET /api/topics/nothing_here/part/events', {
      headers: { ...bearer(askers.other), Accept: 'text/event-stream' },
    }),
  )
  expect(observed).toEqual(absentReported)
})
