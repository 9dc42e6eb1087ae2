import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DeclaredRoute, declaredAccounts, declaredOpen } from './declared-accounts.ts'
import { byAsker, outcomeOf } from './outcomes.ts'
import {
  type Asker,
  type AskerName,
  type Askers,
  askerNames,
  bearer,
  cookie,
  makeAskers,
  makeDead,
  makeKey,
  type Person,
  signUp,
} from './people.ts'
import { Asking, fits, type Observed, type RequestTransport, requestTransports } from './request-transports.ts'
import { server } from './server.ts'
import { startWorld, type World } from './world.ts'

let world: World
let root: Person
let shared: Askers

beforeAll(async () => {
  world = await startWorld(server)
  root = await signUp(world.send, { code: world.administratorCode })
  shared = await makeAskers(world.send, root, ['todos'])
})
afterAll(async () => {
  await world.stop()
  expect(world.problems).toEqual([])
})

async function outcome(
  asking: Asking,
  askers: Askers,
  route: string,
  transport: RequestTransport,
  name: AskerName,
): Promise<string> {
  const { ask, missing } = declaredAccounts[route] as DeclaredRoute
  const [method = '', pattern = ''] = route.split(' ')
  const { path = pattern, ...rest } = ask(askers)
  const observed = await asking.ask(transport, askers[name], { line: `${method} ${path}`, ...rest })
  if (observed.status !== 404 || missing === undefined) return outcomeOf(observed, null, null)
  return outcomeOf(observed, await asking.ask(transport, askers[name], { line: `${method} ${missing}`, ...rest }), null)
}

describe.each(Object.keys(declaredAccounts))('%s', (route) => {
  test.each(requestTransports)('by %s: each caller gets the declared outcome', async (transport) => {
    const { outcomes, isLast = false } = declaredAccounts[route] as DeclaredRoute
    const asked = askerNames.filter((name) => fits(transport, shared[name]))
    const found: Record<string, string> = {}
    const asking = new Asking(world)
    for (const name of asked) {
      const askers = isLast ? await makeAskers(world.send, root, ['todos']) : shared
      found[name] = await outcome(asking, askers, route, transport, name)
    }
    await asking.end()
    const declared = byAsker(outcomes)
    expect(found).toEqual(Object.fromEntries(asked.map((name) => [name, declared[name]])))
  })
})

/** The accounts routes of the shipped server alone are not served here. */
const open = Object.entries(declaredOpen).filter(([, { path }]) => !/^\/(echo|user-agent)/.test(path))

describe.each(open)('%s', (route, { path, status }) => {
  const [method = ''] = route.split(' ')

  test('returns the same response to every caller', async () => {
    const tell = async (headers: Record<string, string>) => {
      const { status: its, text } = await world.send(`${method} ${path}`, { headers })
      return { status: its, text: path === '/metrics' || its >= 400 ? '' : text }
    }
    const first = await tell({})
    expect(first.status).toBe(status)
    for (const name of askerNames) {
      expect(await tell(bearer(shared[name])), name).toEqual(first)
      expect(await tell(cookie(shared[name], world.url)), name).toEqual(first)
    }
  })
})

describe('a key', () => {
  const ask = (asker: Asker, line: string, body?: unknown) =>
    world.send(line, { headers: bearer(asker), ...(body !== undefined && { body }) })

  test('of an administrator administers as far as its scopes go', async () => {
    const reading = await makeKey(world.send, shared.admin, ['admin:read'])
    const all = await makeKey(world.send, shared.admin, ['*'])
    const line = `PATCH /api/admin/users/${shared.other.userId}`
    expect((await ask(reading, 'GET /api/admin/users')).status).toBe(200)
    expect((await ask(reading, line, { role: 'user' })).status).toBe(403)
    expect((await ask(all, line, { role: 'user' })).status).toBe(200)
  })

  test("of an administrator for one collection reads all of its rows, and no other's", async () => {
    const key = await makeKey(world.send, shared.admin, ['diaries:read'])
    const made = await ask(shared.owner, 'POST /api/diaries', { text: 'hidden' })
    expect((await ask(key, `GET /api/diaries/${made.row.id}`)).status).toBe(200)
    expect((await ask(key, 'GET /api/reports')).status).toBe(403)
    expect((await ask(key, `PATCH /api/diaries/${made.row.id}`, { mood: 1 })).status).toBe(403)
  })

  test.each(['admin:read', 'admin:write', '*'])(
    'of any other user administers nothing, whatever its scopes (%s)',
    async (scope) => {
      const key = await makeKey(world.send, shared.owner, [scope])
      for (const line of ['GET /api/admin/users', 'GET /api/admin/audit'])
        expect((await ask(key, line)).status).toBe(403)
    },
  )

  test("creates and revokes no key, so a leaked key can't extend its access", async () => {
    const key = await makeKey(world.send, shared.owner, ['*'])
    expect((await ask(key, 'POST /api/auth/keys', { name: 'more', scopes: ['*'] })).status).toBe(403)
    expect((await ask(key, `DELETE /api/auth/keys/${key.credentialId}`)).status).toBe(403)
    expect((await ask(key, 'GET /api/auth/sessions')).status).toBe(403)
  })
})

describe('an invalid credential', () => {
  let dead: Record<string, Asker>
  beforeAll(async () => {
    dead = await makeDead(world.send, root, world.pass)
  })
  const names = ['expired', 'signedOut', 'expiredKey', 'revokedKey', 'disabled', 'never']
  const apiRoutes = ['GET /api/todos', 'GET /api/diaries', 'GET /api/auth/me', 'GET /api/topics/todos/events']
  const tell = (line: string, headers: Record<string, string>) => world.send(line, { headers })

  test.each(names)('%s: as a bearer it is refused on every route of the API, even an open one', async (name) => {
    const observed = await Promise.all(apiRoutes.map((line) => tell(line, bearer(dead[name] as Asker))))
    expect(observed.map(({ status }) => status)).toEqual(apiRoutes.map(() => 401))
    expect(observed.map((reply) => reply.header('www-authenticate'))).toEqual(
      apiRoutes.map(() => 'Bearer error="invalid_token"'),
    )
  })

  test.each(names)('%s: as a cookie it is anonymous', async (name) => {
    for (const line of apiRoutes) {
      const { status, text } = await tell(line, cookie(dead[name] as Asker, world.url))
      const nobodys = await tell(line, {})
      expect(status, text).toBe(nobodys.status)
    }
  })

  test.each(names)('%s: outside the API it is ignored', async (name) => {
    for (const line of ['GET /openapi.json', 'GET /health/live', 'GET /'])
      expect((await tell(line, bearer(dead[name] as Asker))).status, line).toBe(200)
  })

  test('all are refused with the same response', async () => {
    const bodies = await Promise.all(
      names.map(async (name): Promise<Partial<Observed>> => {
        const { error, code } = (await tell('GET /api/auth/me', bearer(dead[name] as Asker))).body()
        return { body: { error, code } }
      }),
    )
    for (const body of bodies) expect(body).toEqual(bodies[0])
  })
})
