/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the key is claimed and the response stored in the same write
 * as the change. So neither exists without the other, and a repeat that arrives while the first request still runs waits
 * for its turn to write.
 *
 * A key belongs to its user. Strangers can't be told apart, and one may move to another network before it repeats a request,
 * so the key of a stranger counts for one request, by its fingerprint, and a short one, which others might choose too, for
 * one network as well. So nobody is refused because of a key that somebody else has used.
 */
import { type Background, deleteInSteps } from '../database/cleanup.ts'
import {
  type Claim,
  claimKey,
  deleteExcessKeys,
  deleteOutdatedKeys,
  findResponse,
  storeResponse,
} from '../database/idempotency-keys.ts'
import { AppError } from '../errors.ts'
import type { SqlRow, Write } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import { clientNetworksOf } from '../request/client-network.ts'
import type { Context } from '../request/context.ts'
import { type ApiResponse, bytesOf, envelope, reply, replyWith } from './reply.ts'

const keyPattern = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/

/** Makes the function that commits the write of a request once for each key, and replays its response. */
export function createIdempotency({ database, now }: Pick<Platform, 'database' | 'now'>) {
  return async function commitOnce(c: Context, key: string, write: Write<ApiResponse>): Promise<Response> {
    if (!keyPattern.test(key)) {
      throw new AppError('bad_request', 'Idempotency-Key must have 1 to 255 printable ASCII characters.')
    }
    const claim: Claim = { ...ownerOf(c, key, await fingerprint(c)), ms: now() }
    try {
      const response = await database.write(function* () {
        yield [claimKey(claim)]
        const response = yield* write()
        const headers = JSON.stringify(response.headers ?? {})
        const body = envelope(response)
        const bytes = body === null ? 0 : bytesOf(body)
        for (const each of storeResponse(claim, { status: response.status, headers, body }, bytes)) yield [each]
        yield [deleteOutdatedKeys(claim.ms), deleteExcessKeys(claim.client)]
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

/** A shorter key of a stranger may be the key of another stranger, too. */
const randomKeyLengthMin = 16

/** The owner of a key, and the client whose limit its response counts for. */
function ownerOf({ env }: Context, key: string, fingerprint: string): Omit<Claim, 'ms'> {
  const { identity, principal, peer } = env
  if (identity !== null) return { principal, key, fingerprint, client: principal }
  const networks = clientNetworksOf(peer?.address ?? null)
  const network = key.length < randomKeyLengthMin ? ` ${networks[0] ?? ''}` : ''
  return {
    principal: principal + network,
    key: `${key} ${fingerprint}`,
    fingerprint,
    client: `${principal} ${networks.at(-1) ?? ''}`,
  }
}

/** Returns a digest of the request: method, path with query, conditions, body. */
async function fingerprint(c: Context): Promise<string> {
  const { method, path, url, raw } = c.req
  const conditions = [raw.headers.get('if-match'), raw.headers.get('if-none-match')]
  const text = `${method} ${path}${new URL(url).search}\n${JSON.stringify(conditions)}\n${c.env.bodyText}`
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toHex()
}

/** @throws AppError `response_not_kept`, with the stored headers, when only the body is gone */
function replay(c: Context, { status, headers, body, isDropped }: SqlRow): Response {
  const stored = { ...(JSON.parse(String(headers)) as Record<string, string>), 'Idempotency-Replayed': 'true' }
  if (isDropped === 1) throw new AppError('response_not_kept', undefined, { headers: stored })
  return reply(c, Number(status), body === null ? null : String(body), stored)
}

/** Makes the function that deletes outdated keys. */
export function createKeyCleanup({
  database,
  now,
}: Pick<Platform, 'database' | 'now'>): (background: Background) => Promise<void> {
  return (background) => deleteInSteps(database, background, (limit) => deleteOutdatedKeys(now(), limit))
}
