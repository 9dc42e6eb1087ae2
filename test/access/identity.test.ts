/** Identification: the valid credentials, the ignored ones, and their precedence. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { cookieNameAt, type Row } from '../conformance/http.ts'
import { type Client, dial, kinds, request } from '../transports/clients.ts'
import { bearer, cookie, nobody, type Person, signIn, signUp } from './people.ts'
import { dialRaw, rawRequest } from './raw.ts'
import { connect, dialWith, hello, observedMessage } from './request-transports.ts'
import { server } from './server.ts'
import { startWorld, type World } from './world.ts'

let world: World
let ann: Person
let ben: Person
let diary: Row
const open: Client[] = []

beforeAll(async () => {
  world = await startWorld(server)
  ann = await signUp(world.send)
  ben = await signUp(world.send)
  const made = await world.send('POST /api/diaries', { headers: bearer(ann), body: { text: 'secret' } })
  diary = made.row
})
afterEach(() => {
  for (const client of open.splice(0)) client.end()
})
afterAll(async () => {
  await world.stop()
  expect(world.problems).toEqual([])
})

const kept = (client: Client) => {
  open.push(client)
  return client
}

/** Returns the identified user's id, or the status of the refusal. */
async function readIdentity(client: Client): Promise<unknown> {
  const { status, body } = observedMessage(await client.ask(request('who', 'GET /api/auth/me')))
  return status === 200 ? (body as { data: { id: string } }).data.id : status
}

async function identityOf(headers: Record<string, string>, path = '/api/auth/me'): Promise<unknown> {
  const reply = await world.send(`GET ${path}`, { headers })
  return reply.status === 200 ? reply.row.id : reply.status
}

describe.each(kinds)('a request over %s', (kind) => {
  const forged: [string, string][] = [
    ['Cookie', 'COOKIE'],
    ['authorization', 'BEARER'],
    ['X-Forwarded-For', '127.0.0.1'],
    ['Forwarded', 'for=127.0.0.1'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Real-IP', '127.0.0.1'],
    ['Host', 'elsewhere.example'],
    ['Origin', 'https://elsewhere.example'],
    ['Sec-Fetch-Site', 'same-origin'],
    ['X-Request-Id', 'chosen'],
    ['CF-Connecting-IP', '127.0.0.1'],
    ['if-\r\nCookie', 'x'],
  ]
  test.each(forged)('may not carry %s', async (name, given) => {
    const client = kept(await connect(world.url, kind, ben))
    const value =
      given === 'COOKIE' ? cookie(ann, world.url).Cookie : given === 'BEARER' ? bearer(ann).Authorization : given
    const response = await client.ask(request(1, `GET /api/diaries/${diary.id}`, { headers: { [name]: value } }))
    expect(response.error?.code).toBe(-32602)
    expect(await readIdentity(client)).toBe(ben.userId)
  })

  test('a JSON-RPC batch is refused as a whole', async () => {
    const client = kept(await connect(world.url, kind, ann))
    client.send([request(1, `DELETE /api/diaries/${diary.id}`), request(2, 'GET /api/auth/me')])
    expect((await client.next()).error?.code).toBe(-32600)
    expect((await world.send(`GET /api/diaries/${diary.id}`, { headers: bearer(ann) })).status).toBe(200)
  })

  test('is anonymous without a hello, and hello comes first or not at all', async () => {
    const client = kept(await dial(world.url, kind))
    expect(await readIdentity(client)).toBe(401)
    expect((await hello(client, ann)).error?.code).toBe(-32600)
    expect(await readIdentity(client)).toBe(401)
  })

  test('keeps its identity: a second hello with another token is refused', async () => {
    const client = kept(await connect(world.url, kind, ben))
    expect((await hello(client, ann)).error?.code).toBe(-32600)
    expect(await readIdentity(client)).toBe(ben.userId)
  })

  test("sent together with the hello is that user's, not anonymous", async () => {
    const client = kept(await dial(world.url, kind))
    client.send(request(1, 'hello', { token: ann.token }))
    client.send(request(2, 'GET /api/auth/me'))
    await client.next()
    expect(observedMessage(await client.next()).body).toMatchObject({ data: { id: ann.userId } })
  })

  test.each(['', 'Bearer', `gls_${'A'.repeat(43)}`, `glr_${'A'.repeat(43)}`, 'x'.repeat(10_000)])(
    'after a hello with the token %j never is: 401, and the end with 4401',
    async (token) => {
      const client = kept(await dial(world.url, kind))
      client.send(request(1, 'hello', { token }))
      client.send(request(2, 'POST /api/todos', { body: { title: 'x' } }))
      expect((await client.next()).error?.code).toBe(401)
      expect((await client.next()).params.code).toBe(4401)
      const code = await client.closed
      if (code !== null) expect(code).toBe(4401)
    },
  )

  test.each([{}, 7, [], true])('with a token that is no text (%j) is not signed in', async (token) => {
    const client = kept(await dial(world.url, kind))
    expect((await client.ask(request(1, 'hello', { token }))).error?.code).toBe(-32602)
    expect(await readIdentity(client)).toBe(401)
  })

  test('a sign-in by message returns a token and does not change the identity of the connection', async () => {
    const client = kept(await dial(world.url, kind))
    const body = { email: ann.email, password: 'correct horse battery', token: true }
    expect(observedMessage(await client.ask(request(1, 'POST /api/auth/sign-in', { body }))).status).toBe(200)
    expect(await readIdentity(client)).toBe(401)
  })

  test('never gets a cookie', async () => {
    const client = kept(await dial(world.url, kind))
    const body = { email: ann.email, password: 'correct horse battery' }
    const response = await client.ask(request(1, 'POST /api/auth/sign-in', { body }))
    expect(JSON.stringify(response)).not.toContain('gls_')
  })
})

describe('a WebSocket', () => {
  test("is that user's whose cookie its request shows", async () => {
    expect(await readIdentity(kept(await dialWith(world.url, cookie(ann, world.url))))).toBe(ann.userId)
  })

  test("is that user's whose bearer token its request shows", async () => {
    expect(await readIdentity(kept(await dialWith(world.url, bearer(ann))))).toBe(ann.userId)
  })

  test("with a cookie and another's token in hello is the token's", async () => {
    const client = kept(await dialWith(world.url, cookie(ann, world.url)))
    expect((await hello(client, ben)).error).toBeUndefined()
    expect(await readIdentity(client)).toBe(ben.userId)
  })

  test("with a cookie and an invalid token in hello ends, and is not the cookie's", async () => {
    const client = kept(await dialWith(world.url, cookie(ann, world.url)))
    expect((await hello(client, { token: 'none' })).error?.code).toBe(401)
    expect(await client.closed).toBe(4401)
  })

  test("of another site's page is refused, cookie or not", async () => {
    for (const headers of [{ Origin: 'https://elsewhere.example' }, { 'Sec-Fetch-Site': 'cross-site' }])
      await expect(dialWith(world.url, { ...cookie(ann, world.url), ...headers })).rejects.toThrow('403')
  })

  test('with an invalid bearer token is refused', async () => {
    await expect(dialWith(world.url, { Authorization: 'Bearer none' })).rejects.toThrow('401')
  })

  test.each(['token', 'access_token', 'authorization'])('ignores a token in its address (%s)', async (name) => {
    const client = kept(await dialWith(world.url, {}, `/api/connect?${name}=${ann.token}`))
    expect(await readIdentity(client)).toBe(401)
  })

  test('under the fixed name of the version is signed in the same', async () => {
    expect(await readIdentity(kept(await dialWith(world.url, cookie(ann, world.url), '/api/v1/connect')))).toBe(
      ann.userId,
    )
  })

  test('through an untrusted proxy does not read resources for this machine', async () => {
    const client = kept(await dialWith(world.url, { 'X-Forwarded-For': '203.0.113.9' }))
    expect(observedMessage(await client.ask(request(1, 'GET /metrics'))).status).toBe(403)
  })
})

describe('over HTTP', () => {
  test.each(['token', 'access_token', 'key', 'authorization'])(
    'no token in the address is taken (%s)',
    async (name) => {
      expect(await identityOf({}, `/api/auth/me?${name}=${ann.token}`)).toBe(401)
      expect(await identityOf({}, `/api/auth/me?${name}=Bearer%20${ann.token}`)).toBe(401)
    },
  )

  test('a bearer token counts more than a cookie', async () => {
    expect(await identityOf({ ...bearer(ben), ...cookie(ann, world.url) })).toBe(ben.userId)
    expect(await identityOf({ Authorization: 'Bearer none', ...cookie(ann, world.url) })).toBe(401)
  })

  test('two bearer tokens are invalid', async () => {
    expect(await identityOf({ Authorization: `Bearer ${ann.token}, Bearer ${ben.token}` })).toBe(401)
  })

  test('two cookies of the name are anonymous, because either could be forged', async () => {
    const of = ({ token }: Person) => `${cookieNameAt(world.url)}=${token}`
    expect(await identityOf({ Cookie: `${of(ann)}; ${of(ben)}` })).toBe(401)
    expect(await identityOf({ Cookie: `${of(ben)}; ${of(ann)}` })).toBe(401)
  })

  test.each([
    'galley-PORT',
    '__host-galley-PORT',
    'x__Host-galley-PORT',
    '__Host-galley',
    '__Host-galley-1',
    '__Host-galley-PORTx',
    '__Secure-galley-PORT',
    ' x=1; __Host-galley-PORT2',
  ])('a cookie of the name %j is not it', async (name) => {
    expect(await identityOf({ Cookie: `${name.replace('PORT', new URL(world.url).port)}=${ann.token}` })).toBe(401)
  })

  test('a scheme other than Bearer is ignored, and the cookie counts', async () => {
    expect(await identityOf({ Authorization: 'Basic YTpi', ...cookie(ann, world.url) })).toBe(ann.userId)
  })

  test("an ended cookie beside a proxy's Authorization does not keep its owner out", async () => {
    const headers = { Authorization: 'Basic YTpi', ...cookie({ token: `gls_${'A'.repeat(43)}` }, world.url) }
    const body = { email: ann.email, password: 'correct horse battery' }
    expect((await world.send('POST /api/auth/sign-in', { headers, body })).status).toBe(200)
  })

  test.each(['GET', 'HEAD'])('%s of a path in another spelling has the same access rules', async (method) => {
    for (const path of [
      '//api/diaries',
      '/api//diaries',
      '/api/./diaries',
      '/%61pi/diaries',
      '/API/diaries',
      '/api/diaries/',
    ])
      expect((await world.send(`${method} ${path}/${diary.id}`, { headers: bearer(ben) })).status, path).not.toBe(200)
  })

  test('headers that claim an identity are ignored', async () => {
    for (const name of ['X-User', 'X-User-Id', 'X-Principal', 'X-Forwarded-User', 'Remote-User', 'X-Role'])
      expect(await identityOf({ [name]: ann.userId })).toBe(401)
  })
})

describe('many at once', () => {
  const showing = (index: number): [Record<string, string>, string] => {
    const person = index % 2 === 0 ? ann : ben
    if (index % 5 === 4) return [{}, 'unauthorized']
    return [index % 3 === 0 ? cookie(person, world.url) : bearer(person), person.userId]
  }

  test('pipelined on one connection, each caller is identified by its own credential', async () => {
    const connection = await dialRaw(world.url)
    const asked = Array.from({ length: 40 }, (_, index) => showing(index))
    const Host = new URL(world.url).host
    connection.write(asked.map(([headers]) => rawRequest('GET /api/auth/me', { ...headers, Host })).join(''))
    const responses = await connection.responses(asked.length)
    connection.end()
    for (const [index, [, expected]] of asked.entries()) expect(responses[index], `${index}`).toContain(expected)
  })

  test('on separate connections, each caller is identified by its own credential', async () => {
    const found = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const [headers, expected] = showing(index)
        return (await world.send('GET /api/auth/me', { headers })).text.includes(expected)
      }),
    )
    expect(found).toEqual(found.map(() => true))
  })

  test('on message connections, each caller is identified by its hello', async () => {
    const clients = await Promise.all(
      [ann, ben, nobody].flatMap((asker) =>
        kinds.map(async (kind) => [kept(await connect(world.url, kind, asker)), asker] as const),
      ),
    )
    for (let id = 0; id < 20; id += 1) for (const [client] of clients) client.send(request(id, 'GET /api/auth/me'))
    const found = await Promise.all(
      clients.map(async ([client, { userId }]) => {
        const texts: string[] = []
        while (texts.length < 20) texts.push(JSON.stringify(await client.next()))
        return texts.every((text) => text.includes(userId === '' ? 'unauthorized' : userId))
      }),
    )
    expect(found).toEqual(found.map(() => true))
  })
})

describe('a session', () => {
  const cookieIn = (header: string) => /__Host-galley-\d+=(gls_[^;]*)/.exec(header)?.[1] ?? ''
  const body = () => ({ email: ann.email, password: 'correct horse battery' })

  test('begins with a token of its own, whatever cookie the sign-in showed', async () => {
    const planted = await signIn(world.send, ben)
    const reply = await world.send('POST /api/auth/sign-in', { headers: cookie(planted, world.url), body: body() })
    const token = cookieIn(reply.header('set-cookie'))
    expect(token).toMatch(/^gls_/)
    expect(token).not.toBe(planted.token)
    expect(await identityOf(cookie({ token }, world.url))).toBe(ann.userId)
    expect(await identityOf(cookie(planted, world.url))).toBe(ben.userId)
  })

  test('that was made up before is not taken over by a sign-in', async () => {
    const planted = { token: `gls_${'B'.repeat(43)}` }
    await world.send('POST /api/auth/sign-in', { headers: cookie(planted, world.url), body: body() })
    expect(await identityOf(cookie(planted, world.url))).toBe(401)
    expect(await identityOf(bearer(planted))).toBe(401)
  })

  test("whose cookie is swapped between two requests on one connection is the cookie's each time", async () => {
    const { Agent, request: ask } = await import('node:http')
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const who = (headers: Record<string, string>) =>
      new Promise<string>((resolve, reject) => {
        ask(`${world.url}/api/auth/me`, { agent, headers }, (message) => {
          message.setEncoding('utf8').on('data', (text: string) => resolve(text))
        })
          .on('error', reject)
          .end()
      })
    expect(await who(cookie(ann, world.url))).toContain(ann.userId)
    expect(await who(cookie(ben, world.url))).toContain(ben.userId)
    expect(await who({})).toContain('unauthorized')
    expect(await who(cookie(ann, world.url))).toContain(ann.userId)
    agent.destroy()
  })

  test("of one does not end another's", async () => {
    const victim = await signIn(world.send, ann)
    const { headers } = { headers: bearer(ben) }
    expect((await world.send(`DELETE /api/auth/sessions/${victim.credentialId}`, { headers })).status).toBe(404)
    expect((await world.send('DELETE /api/auth/sessions', { headers })).status).toBe(204)
    expect(await identityOf(bearer(victim))).toBe(ann.userId)
    expect(await identityOf(bearer(nobody))).toBe(401)
  })
})
