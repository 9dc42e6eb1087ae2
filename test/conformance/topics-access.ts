/** The rule of a topic turns false while clients follow it and are present in it. */
import { beforeAll, expect, test } from 'vitest'
import { type Asker, bearer, nobody, signUp } from '../access/people.ts'
import { connect } from '../access/request-transports.ts'
import { type Client, type Kind, type Message, request } from '../transports/clients.ts'
import type { Send, Subject } from './http.ts'
import { eventsPath, publish } from './topics.ts'

/** A reader of a topic. */
interface Reading {
  name: string
  /** Resolves with its end, or with the first event. */
  outcome: Promise<string>
}

export function topicAccessCases(subject: Subject): void {
  const { send } = subject
  let person: Asker
  beforeAll(async () => {
    person = await signUp(send)
  })
  const dialed = (kind: Kind, who: Asker) => connect(subject.origin(), kind, who)
  const room = () => crypto.randomUUID()
  const turn = async (to: 'shut' | 'open', name: string, who = 'anonymous') =>
    expect((await send(`POST /api/gates/${to}/${name}/${who}`)).status).toBe(204)

  test('a rule that turns false ends those who follow and those who are present, without an event', async () => {
    const name = room()
    await turn('open', name)
    const readings = await Promise.all(['gated', 'gates'].map((topic) => readAll(subject, nobody, `${topic}/${name}`)))
    const [barred, stays] = [await dialed('ws-json', nobody), await dialed('ws-json', person)]
    await call(barred, 'join', { topic: `gated/${name}`, name: 'barred' })
    await call(stays, 'join', { topic: `gated/${name}`, name: 'stays' })
    await turn('shut', name)
    for (const each of readings) expect(await outcomes(each)).toEqual(ends(each))
    const gone = await until(stays, ({ method, params }) => method === 'presence' && params.type === 'leave')
    expect(gone.params.member.name).toBe('barred')
    await until(barred, ({ method }) => method === 'left')
    for (const client of [barred, stays]) client.end()
  })

  test.each(['gated', 'gates'])('an event of %s goes only to those whom the rule allows now', async (topic) => {
    const name = room()
    await turn('open', name)
    const lost = await readAll(subject, nobody, `${topic}/${name}`)
    const kept = await readAll(subject, person, `${topic}/${name}`)
    await turn('shut', name)
    if (topic === 'gated') await publish(send, `gated/${name}`, { type: 'said' })
    else await send('POST /api/gates', { body: { room: name } })
    expect(await outcomes(lost)).toEqual(ends(lost))
    expect(new Set(Object.values(await outcomes(kept)))).toEqual(new Set(['event']))
  })

  test('a member whom the rule no longer allows leaves, and gets no more changes', async () => {
    const topic = `gated/${room()}`
    const clients = await Promise.all(subject.kinds.map((kind) => dialed(kind, nobody)))
    for (const client of clients) await call(client, 'join', { topic, name: 'barred', state: null })
    const stays = await dialed('ws-json', person)
    const joined = await call(stays, 'join', { topic, name: 'stays' })
    expect((joined.result as unknown as { members: unknown[] }).members).toHaveLength(clients.length + 1)
    await turn('shut', topic.slice('gated/'.length))
    await call(stays, 'update', { topic, state: 'secret' })
    for (const client of clients) {
      expect(await until(client, ({ method }) => method === 'left')).toMatchObject({
        params: { topic, error: { code: 404 } },
      })
      expect((await call(client, 'update', { topic, state: 'barred' })).error?.code).toBe(-32602)
    }
    const reply = await send(`GET /api/topics/${topic}/presence`, { headers: bearer(person) })
    expect(reply.body<{ name: string }[]>().data.map(({ name }) => name)).toEqual(['stays'])
    for (const client of [...clients, stays]) client.end()
  })
}

async function readAll({ send, origin, kinds }: Subject, who: Asker, topic: string): Promise<Reading[]> {
  return Promise.all([
    ...kinds.map(async (kind) => subscribe(kind, await connect(origin(), kind, who), topic)),
    stream(origin(), who, topic),
    poll(send, who, topic),
  ])
}

async function subscribe(name: string, client: Client, topic: string): Promise<Reading> {
  expect((await call(client, 'subscribe', { topic })).error).toBeUndefined()
  return { name, outcome: endOf(client) }
}

async function endOf(client: Client): Promise<string> {
  const { method, params } = await until(client, ({ id }) => id === undefined)
  client.end()
  if (method !== 'unsubscribed') return method
  return `unsubscribed ${(params as unknown as { error: { code: number } }).error.code}`
}

async function stream(url: string, who: Asker, topic: string): Promise<Reading> {
  const headers = { ...bearer(who), Accept: 'text/event-stream' }
  const response = await fetch(`${url}/api/topics/${topic}/events`, { headers })
  const reader = (response.body as ReadableStream<Uint8Array>)
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader()
  let text = ''
  while (!text.includes('event: position')) text += (await reader.read()).value ?? ''
  const outcome = (async () => {
    for (let rest = ''; ; ) {
      const { done, value = '' } = await reader.read()
      rest += value
      if (done || rest.includes('"type"')) return done ? 'ended' : 'event'
    }
  })()
  return { name: 'stream', outcome }
}

/** The server does not report when a poll waits; a poll that comes too late gets the same response. */
async function poll(send: Send, who: Asker, topic: string): Promise<Reading> {
  const reply = await send(`GET /api/topics/${topic}/events`, { headers: bearer(who) })
  const { position } = JSON.parse(reply.text) as { position: { epoch: string; offset: number } }
  const waiting = send(`GET ${eventsPath(topic, position, { wait: '25' })}`, { headers: bearer(who) })
  return { name: 'poll', outcome: waiting.then(({ status }) => (status === 200 ? 'event' : `poll ${status}`)) }
}

async function outcomes(readings: readonly Reading[]): Promise<Record<string, string>> {
  const pairs = await Promise.all(readings.map(async ({ name, outcome }) => [name, await outcome] as const))
  return Object.fromEntries(pairs)
}

/** The end of each reader whose rule turned false. */
function ends(readings: readonly Reading[]): Record<string, string> {
  const known: Record<string, string> = { stream: 'ended', poll: 'poll 404' }
  return Object.fromEntries(readings.map(({ name }) => [name, known[name] ?? 'unsubscribed 404']))
}

function call(client: Client, method: string, params: object): Promise<Message> {
  return client.ask(request(crypto.randomUUID(), method, params))
}

async function until(client: Client, fits: (message: Message) => boolean): Promise<Message> {
  for (;;) {
    const message = await client.next()
    if (fits(message)) return message
  }
}
