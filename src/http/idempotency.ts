/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the key is claimed and the answer
 * stored in the same write as the change. So there is no moment at which one exists without the
 * other, and a repeat that comes while the first still runs simply waits for its turn to write.
 */
import type { StatusCode } from 'hono/utils/http-status'
import { builder, statementOf } from '../database/dialect.ts'
import { AppError } from '../errors.ts'
import type { Database, Results, SqlRow, Statement, Step } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import type { Context } from '../request/context.ts'
import type { Identity } from '../request/identity.ts'
import { type ApiResponse, envelope, reply, replyWith, type SuccessReply } from './reply.ts'

/** How long a stored answer is replayed. */
export const keyAgeMaxMs = 24 * 60 * 60 * 1000
/** Each keyed write also clears away this many outdated keys, so that they never pile up. */
const sweepRows = 2
const keyPattern = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/

/**
 * Makes the one write of a request and answers from its results. Everything that depends on what is
 * stored belongs into the steps: a repeat with the same `Idempotency-Key` replays the answer without
 * looking at it again.
 */
export type Commit = <Data, const Status extends StatusCode>(
  c: Context,
  steps: readonly Step[],
  answer: (results: Results) => ApiResponse<Data, Status>,
) => Promise<SuccessReply<Data, Status>>

/** @param isOver whether somebody who was let in is known no more: what they ask for is not done then, however long it took */
export function createCommit(
  { database: port, now }: Pick<Platform, 'database' | 'now'>,
  isOver: (identity: Identity) => boolean = () => false,
): Commit {
  /** Asks once more in the write itself. */
  function databaseFor({ env: { identity } }: Context): Pick<Database, 'read' | 'write'> {
    if (identity === null) return port
    const ask: Step = () => {
      if (isOver(identity)) throw new AppError('unauthorized')
      return { sql: 'select 1 where false', parameters: [] }
    }
    return {
      read: (statement) => port.read(statement),
      write: async (steps) => (await port.write([ask, ...steps.map(withoutFirst)])).slice(1),
    }
  }

  async function commit(
    c: Context,
    steps: readonly Step[],
    answer: (results: Results) => ApiResponse,
  ): Promise<Response> {
    const database = databaseFor(c)
    const key = c.req.raw.headers.get('idempotency-key')
    if (key === null) return replyWith(c, answer(await database.write(steps)))
    if (!keyPattern.test(key)) {
      throw new AppError('bad_request', 'An Idempotency-Key has 1 to 255 printable ASCII characters.')
    }
    const claim: Claim = { principal: c.env.principal, key, fingerprint: await fingerprint(c), ms: now() }
    try {
      const results = await database.write([
        claimStatement(claim),
        ...steps.map(withoutFirst),
        (earlier) => storeStatement(claim, answer(earlier.slice(1))),
        sweepStatement(claim.ms),
      ])
      return replyWith(c, answer(results.slice(1, 1 + steps.length)))
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'idempotency_key_reused') throw error
      const [stored] = await database.read(findStatement(claim))
      if (stored?.fingerprint !== claim.fingerprint) throw error
      return replay(c, stored)
    }
  }
  return commit as Commit
}

interface Claim {
  principal: string
  key: string
  fingerprint: string
  ms: number
}

/** A digest of what was asked: method, path with query, conditions, body. */
async function fingerprint(c: Context): Promise<string> {
  const { method, path, url, raw } = c.req
  const conditions = [raw.headers.get('if-match'), raw.headers.get('if-none-match')]
  const text = `${method} ${path}${new URL(url).search}\n${JSON.stringify(conditions)}\n${c.env.bodyText}`
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toHex()
}

/** A step that sees the results as if the first one were not there. */
function withoutFirst(step: Step): Step {
  return typeof step === 'function' ? (earlier) => step(earlier.slice(1)) : step
}

const table = 'galley_idempotency'

function claimStatement({ principal, key, fingerprint, ms }: Claim): Statement {
  const fresh = { fingerprint, createdAt: ms, status: null, headers: null, body: null }
  const query = builder
    .insertInto(table)
    .values({ principal, key, ...fresh })
    .onConflict((conflict) =>
      conflict
        .columns(['principal', 'key'])
        .doUpdateSet(fresh)
        .where(`${table}.createdAt`, '<', ms - keyAgeMaxMs),
    )
    .returning('key')
  return { ...statementOf(query), guard: { error: 'idempotency_key_reused' } }
}

function storeStatement({ principal, key }: Claim, answer: ApiResponse): Statement {
  const stored = { status: answer.status, headers: JSON.stringify(answer.headers ?? {}), body: envelope(answer) }
  return statementOf(builder.updateTable(table).set(stored).where('principal', '=', principal).where('key', '=', key))
}

function findStatement({ principal, key }: Claim): Statement {
  const columns = ['fingerprint', 'status', 'headers', 'body']
  return statementOf(
    builder.selectFrom(table).select(columns).where('principal', '=', principal).where('key', '=', key),
  )
}

function sweepStatement(ms: number): Statement {
  const outdated = builder
    .selectFrom(table)
    .select('rowid')
    .where('createdAt', '<', ms - keyAgeMaxMs)
    .orderBy('createdAt')
    .limit(sweepRows)
  return statementOf(builder.deleteFrom(table).where('rowid', 'in', outdated))
}

function replay(c: Context, { status, headers, body }: SqlRow): Response {
  const stored = JSON.parse(String(headers)) as Record<string, string>
  return reply(c, Number(status), body === null ? null : String(body), { ...stored, 'Idempotency-Replayed': 'true' })
}
