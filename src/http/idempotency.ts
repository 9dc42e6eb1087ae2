/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the key is claimed and the answer
 * stored in the same write as the change. So there is no moment at which one exists without the
 * other, and a repeat that comes while the first still runs simply waits for its turn to write.
 */
import type { StatusCode } from 'hono/utils/http-status'
import { builder, statementOf } from '../database/dialect.ts'
import { AppError } from '../errors.ts'
import type { SqlRow, Statement, Write } from '../ports/database.ts'
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
 * Makes the one write of a request and responds with its result. Everything that depends on stored rows belongs into the
 * write: a repeat with the same `Idempotency-Key` replays the stored response without running the write again.
 */
export type Commit = <Result, Data, const Status extends StatusCode>(
  c: Context,
  write: Write<Result>,
  respond: (result: Result) => ApiResponse<Data, Status>,
) => Promise<SuccessReply<Data, Status>>

/** @param isOver whether a credential was revoked or has expired since the request was admitted; the write then fails */
export function createCommit(
  { database, now }: Pick<Platform, 'database' | 'now'>,
  isOver: (identity: Identity) => boolean = () => false,
): Commit {
  async function commit<Result>(
    c: Context,
    write: Write<Result>,
    respond: (result: Result) => ApiResponse,
  ): Promise<Response> {
    const { identity, principal } = c.env
    const checkIdentity = () => {
      if (identity !== null && isOver(identity)) throw new AppError('unauthorized')
    }
    const key = c.req.raw.headers.get('idempotency-key')
    if (key === null) {
      const result = await database.write(() => {
        checkIdentity()
        return write()
      })
      return replyWith(c, respond(result))
    }
    if (!keyPattern.test(key)) {
      throw new AppError('bad_request', 'An Idempotency-Key has 1 to 255 printable ASCII characters.')
    }
    const claim: Claim = { principal, key, fingerprint: await fingerprint(c), ms: now() }
    try {
      const response = await database.write(function* () {
        checkIdentity()
        yield [claimStatement(claim)]
        const response = respond(yield* write())
        yield [storeStatement(claim, response), sweepStatement(claim.ms)]
        return response
      })
      return replyWith(c, response)
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
