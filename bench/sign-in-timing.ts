/**
 * How long signing in with a wrong password takes for an existing and for a missing account: a client that could
 * tell them apart would learn which accounts exist. Each attempt comes from an address of its own, so that none is slowed
 * down. `node bench/sign-in-timing.ts [tries]`; fails when the medians differ by more than 5 %.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Hono } from 'hono'
import { createPasswords } from '../adapters/process/passwords.ts'
import { createSqliteDatabase } from '../adapters/sqlite/database.ts'
import { createAuth } from '../src/auth/auth.ts'
import { migrate } from '../src/database/migrate.ts'
import { AppError } from '../src/errors.ts'
import { createCommit } from '../src/http/commit.ts'
import { errorResponse } from '../src/http/error-response.ts'
import type { Env, RequestContext } from '../src/request/context.ts'

const apartMax = 0.05
const tries = Number(process.argv[2] ?? 1000)
const folder = mkdtempSync(join(tmpdir(), 'galley-timing-'))

const connection = new DatabaseSync(join(folder, 'timing.db'))
connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
const database = createSqliteDatabase(connection)
await database.migrate((db) => migrate(db))
const platform = {
  database,
  now: Date.now,
  random: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes),
  log: { access() {}, note() {}, problem() {} },
}
const { routes } = createAuth({
  platform,
  passwords: createPasswords(),
  mailer: { async send() {} },
  commit: createCommit(platform),
  publicUrl: () => null,
  signUp: 'open',
})
const app = new Hono<Env>().route('/', routes)
app.onError((error, c) => errorResponse(error instanceof AppError ? error : new AppError('internal'), c.env, c.req.raw))

let attempts = 0

async function post(path: string, body: object): Promise<Response> {
  attempts += 1
  const address = `10.${(attempts >> 16) & 255}.${(attempts >> 8) & 255}.${attempts & 255}`
  const context: RequestContext = {
    requestId: 'timing',
    traceparent: '',
    principal: 'anonymous',
    identity: null,
    route: '',
    bodyText: '',
    bodies: null,
    payments: null,
    extraUnits: 0,
    isMessage: false,
    peer: { address, isSecure: true },
  }
  const text = JSON.stringify(body)
  const headers = { 'Content-Length': String(text.length) }
  return app.fetch(new Request(`https://app.example${path}`, { method: 'POST', body: text, headers }), context)
}

async function timeOf(email: string): Promise<number> {
  const start = performance.now()
  const { status } = await post('/sign-in', { email, password: 'not the right sentence', token: true })
  if (status !== 401) throw new Error(`An attempt got status ${status}.`)
  return performance.now() - start
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

await post('/sign-up', { email: 'known@example.com', password: 'correct horse battery', token: true })
for (let n = 0; n < 10; n += 1) await timeOf('warm@example.com')
const known: number[] = []
const unknown: number[] = []
for (let n = 0; n < tries; n += 1) {
  // Alternating and in changing order, so that a machine that slows down slows both down.
  if (n % 2 === 0) known.push(await timeOf('known@example.com'))
  unknown.push(await timeOf(`other${String(n).padStart(4, '0')}@example.com`))
  if (n % 2 === 1) known.push(await timeOf('known@example.com'))
}
await database.close()
rmSync(folder, { recursive: true })

const [a, b] = [median(known), median(unknown)]
const apart = Math.abs(a - b) / Math.max(a, b)
process.stdout.write(
  `known ${a.toFixed(2)} ms, unknown ${b.toFixed(2)} ms: ${(apart * 100).toFixed(2)} % apart over ${tries} tries each\n`,
)
process.exitCode = apart <= apartMax ? 0 : 1
