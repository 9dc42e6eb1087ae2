/** Accounts behind the real pipeline on a real database, with a clock that the test sets and a fast scrypt that is counted. */
import { Hono } from 'hono'
import { onTestFinished } from 'vitest'
import { createPasswords } from '../../adapters/process/passwords.ts'
import { type Auth, createAuth } from '../../src/auth/auth.ts'
import { AppError } from '../../src/errors.ts'
import { createCommit } from '../../src/http/commit.ts'
import { errorResponse } from '../../src/http/error-response.ts'
import { Pipeline } from '../../src/http/pipeline.ts'
import type { SqlRow } from '../../src/ports/database.ts'
import type { Mail } from '../../src/ports/mailer.ts'
import type { Passwords } from '../../src/ports/passwords.ts'
import type { Env, RequestContext } from '../../src/request/context.ts'
import { createTestDatabase } from '../harness/database.ts'
import { cheap } from '../harness/passwords.ts'
import { createTestPlatform } from '../harness/platform.ts'

export const password = 'correct horse battery'
const start = Date.parse('2026-11-21T08:00:00Z')
/** An address for documentation (RFC 5737). */
export const home = '192.0.2.1'

export interface ParsedResponse {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: the body of any route.
  body: any
}

interface Asking {
  body?: unknown
  /** Sent as a cookie. */
  cookie?: string
  /** Sent as a bearer token. */
  bearer?: string
  address?: string
  headers?: Record<string, string>
  /** The host of the request. */
  origin?: string
}

export interface World {
  auth: Auth
  /** Asks a route, such as `POST /sign-in`, below `/api/auth` unless it begins with `/api`. */
  ask(line: string, asking?: Asking): Promise<ParsedResponse>
  signUp(email?: string, code?: string): Promise<Person>
  admin(): Promise<Person>
  rows(sql: string, ...parameters: (string | number)[]): Promise<readonly SqlRow[]>
  /** Advances the clock. */
  pass(ms: number): void
  /** The number of runs of scrypt. */
  work(): number
  mail: Mail[]
  /** Fulfilled when the next message is sent. */
  nextMail(): Promise<Mail>
  problems: unknown[]
  /** Another server on the same database, as after a restart. */
  restart(passwords?: Passwords): Promise<World>
}

export interface Person {
  id: string
  email: string
  token: string
  session: string
}

export function countedPasswords(cost = cheap): { passwords: Passwords; count(): number } {
  const real = createPasswords({ cost })
  let count = 0
  return {
    count: () => count,
    passwords: {
      isCurrent: real.isCurrent,
      hash(text) {
        count += 1
        return real.hash(text)
      },
      verify(text, hash) {
        count += 1
        return real.verify(text, hash)
      },
    },
  }
}

export async function createWorld(signUp: 'open' | 'verified' = 'open'): Promise<World> {
  const database = await createTestDatabase([])
  onTestFinished(database.remove)
  const clock = { ms: start }
  return build(database.database, clock, signUp)
}

type Database = Awaited<ReturnType<typeof createTestDatabase>>['database']

async function build(
  database: Database,
  clock: { ms: number },
  mode: 'open' | 'verified',
  given?: Passwords,
): Promise<World> {
  const { passwords, count } = countedPasswords()
  const problems: unknown[] = []
  const mail: Mail[] = []
  const waiting: ((mail: Mail) => void)[] = []
  const log = { access() {}, note() {}, problem: ({ error }: { error: unknown }) => void problems.push(error) }
  const platform = createTestPlatform({ database, now: () => clock.ms, log })
  const auth = createAuth({
    platform,
    passwords: given ?? passwords,
    mailer: {
      async send(message) {
        mail.push(message)
        waiting.shift()?.(message)
      },
    },
    commit: createCommit(platform),
    publicUrl: () => 'https://app.example',
    signUp: mode,
  })
  const code = await auth.start()
  const hono = new Hono<Env>().route('/api/auth', auth.routes).route('/api/admin', auth.adminRoutes)
  hono.onError((error, c) => {
    if (!(error instanceof AppError)) problems.push(error)
    return errorResponse(error instanceof AppError ? error : new AppError('internal'), c.env, c.req.raw)
  })
  const pipeline = new Pipeline(platform, auth.identities)

  const ask: World['ask'] = async (line, asking = {}) => {
    const [method = '', path = ''] = line.split(' ')
    const { body, cookie, bearer, address = home, origin = 'https://app.example', headers = {} } = asking
    const url = `${origin}${path.startsWith('/api') ? path : `/api/auth${path}`}`
    const text = body === undefined ? null : JSON.stringify(body)
    const request = new Request(url, {
      method,
      headers: {
        Host: new URL(url).host,
        ...(cookie !== undefined && { Cookie: `other=1; __Host-galley=${cookie}` }),
        ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
        ...headers,
      },
      body: text,
    })
    const peer = { address, isSecure: url.startsWith('https:') }
    const response = await pipeline.run(
      request,
      (admitted: Request, context: RequestContext) => hono.fetch(admitted, context),
      peer,
    )
    const parsed = await response.text()
    return { status: response.status, headers: response.headers, body: parsed === '' ? null : JSON.parse(parsed) }
  }

  async function signUp(email = `${crypto.randomUUID()}@example.com`, adminCode?: string): Promise<Person> {
    const body = { email, password, token: true, ...(adminCode !== undefined && { code: adminCode }) }
    const parsed = await ask('POST /sign-up', { body })
    if (parsed.status !== 201) throw new Error(JSON.stringify(parsed.body))
    const { user, session, token } = parsed.body.data
    return { id: user.id, email: user.email, token, session: session.id }
  }

  return {
    auth,
    ask,
    signUp,
    admin: () => signUp(undefined, code ?? ''),
    rows: async (sql, ...parameters) => await database.read({ sql, parameters }),
    pass(ms) {
      clock.ms += ms
    },
    work: count,
    mail,
    nextMail: () => new Promise((resolve) => waiting.push(resolve)),
    problems,
    restart: (other) => build(database, clock, mode, other),
  }
}

/** The token in a `Set-Cookie`. */
export function cookieIn({ headers }: ParsedResponse): string {
  return /__Host-galley(?:-\d+)?=([^;]*)/.exec(headers.get('set-cookie') ?? '')?.[1] ?? ''
}

/** Sorted, for those that were asked for at once. */
export function statusesOf(responses: readonly ParsedResponse[]): number[] {
  return responses.map(({ status }) => status).toSorted((a, b) => a - b)
}
