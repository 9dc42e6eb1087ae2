/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the key is claimed and the response stored in the same write
 * as the change. So neither exists without the other, and a repeat that arrives while the first request still runs waits
 * for its turn to write.
 */
import { type Claim, claimKey, deleteOutdatedKeys, findResponse, storeResponse } from '../database/idempotency-keys.ts'
import { AppError } from '../errors.ts'
import type { SqlRow, Write } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import type { Context } from '../request/context.ts'
import { type ApiResponse, envelope, reply, replyWith } from './reply.ts'

const keyPattern = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/

/** Makes the function that commits the write of a request once for each key, and replays its response. */
export function createIdempotency({ database, now }: Pick<Platform, 'database' | 'now'>) {
  return async function commitOnce(c: Context, key: string, write: Write<ApiResponse>): Promise<Response> {
    if (!keyPattern.test(key)) {
      throw new AppError('bad_request', 'Idempotency-Key must have 1 to 255 printable ASCII characters.')
    }
    const claim: Claim = { principal: c.env.principal, key, fingerprint: await fingerprint(c), ms: now() }
    try {
      const response = await database.write(function* () {
        yield [claimKey(claim)]
        const response = yield* write()
        const headers = JSON.stringify(response.headers ?? {})
        yield [storeResponse(claim, response.status, headers, envelope(response)), deleteOutdatedKeys(claim.ms)]
        return response
      })
      return replyWith(c, response)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'idempotency_key_reused') throw error
      const [stored] = await database.read(findResponse(claim))
      if (stored?.fingerprint !== claim.fingerprint) throw error
      return replay(c, stored)
    }
  }
}

/** Returns a digest of the request: method, path with query, conditions, body. */
async function fingerprint(c: Context): Promise<string> {
  const { method, path, url, raw } = c.req
  const conditions = [raw.headers.get('if-match'), raw.headers.get('if-none-match')]
  const text = `${method} ${path}${new URL(url).search}\n${JSON.stringify(conditions)}\n${c.env.bodyText}`
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toHex()
}

function replay(c: Context, { status, headers, body }: SqlRow): Response {
  const stored = JSON.parse(String(headers)) as Record<string, string>
  return reply(c, Number(status), body === null ? null : String(body), { ...stored, 'Idempotency-Replayed': 'true' })
}
