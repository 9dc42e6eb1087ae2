/** On Workers, a connection keeps its identity while its Durable Object hibernates. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSend } from '../conformance/http.ts'
import { hibernate } from '../harness/hibernation.ts'
import { isFullRun } from '../harness/sample.ts'
import { type RunningWorker, startWorker } from '../harness/server.ts'
import { type Client, request } from '../transports/clients.ts'
import { lastOf } from './open-connections.ts'
import { act, bearer, cookie, type Person, signIn, signUp } from './people.ts'
import { connect, dialWith, observedMessage } from './request-transports.ts'

let server: RunningWorker
beforeAll(async () => {
  server = await startWorker('test/fixtures/wrangler.toml')
})
afterAll(() => server?.stop())

const send = createSend(() => server.url)

async function identityOf(client: Client): Promise<unknown> {
  const { status, body } = observedMessage(await client.ask(request('who', 'GET /api/auth/me')))
  return status === 200 ? (body as { data: { id: string } }).data.id : status
}

test('a connection keeps its identity, however it signed in, and is closed when the session ends', async () => {
  const person: Person = await signUp(send)
  const [known, unknown, another] = [await signIn(send, person), await signIn(send, person), await signIn(send, person)]
  const topic = `diaries/${person.userId}`
  const byNewCookie = await dialWith(server.url, cookie(unknown, server.url))
  // Fills the identity cache before the WebSocket handshake.
  await act(send, known, 'GET /api/auth/me')
  const byCookie = await dialWith(server.url, cookie(known, server.url))
  const byToken = await connect(server.url, 'ws-cbor', another)
  const nobodys = await dialWith(server.url, {})
  const following = await connect(server.url, 'ws-json', another)
  await following.ask(request(1, 'subscribe', { topic }))
  await hibernate(server, { byItself: isFullRun })
  const found = await Promise.all([byNewCookie, byCookie, byToken, following, nobodys].map(identityOf))
  const { userId } = person
  expect(found).toEqual([userId, userId, userId, userId, 401])
  await hibernate(server, { byItself: isFullRun })
  await act(send, person, 'DELETE /api/auth/sessions')
  for (const client of [byNewCookie, byCookie, byToken, following]) expect(await lastOf(client)).toBe('goaway 4401')
  expect((await send('GET /api/todos', { headers: bearer(another) })).status).toBe(401)
  nobodys.end()
})

test('a rule that turns false while the connection sleeps ends its subscription and its membership', async () => {
  const room = crypto.randomUUID()
  const topic = `gated/${room}`
  const client = await dialWith(server.url, {})
  await client.ask(request(1, 'subscribe', { topic }))
  await client.ask(request(2, 'join', { topic, name: 'barred' }))
  expect((await send(`POST /api/gates/shut/${room}/anonymous`)).status).toBe(204)
  await hibernate(server, { byItself: false })
  const ends = [await client.next(), await client.next()].map(({ method, params }) => [method, params])
  const error = { code: 404, message: 'There is no such topic.' }
  const position = { epoch: expect.any(String), offset: 0 }
  expect(ends).toEqual([
    ['unsubscribed', { topic, position, error }],
    ['left', { topic, error }],
  ])
  await client.ask(request(3, 'echo'))
  client.end()
})
