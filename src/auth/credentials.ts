/**
 * Finds the identity behind a token. An identity is cached for less than a second, so that a hot route reads nothing, and
 * then read again by the token's hash, which is cached longer. Credentials revoked by this process are invalidated at once.
 */

import { run } from '../database/steps.ts'
import { AppError } from '../errors.ts'
import { andThen, type SqlRow, type Statement } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import { bearerIn } from '../request/bearer.ts'
import type { Identities, Identity } from '../request/identity.ts'
import { cookieNameOf, removedCookie, tokenIn } from './cookie.ts'
import { findKey, touchKey } from './store/keys.ts'
import { findSession, sessionExpiry, touchSession } from './store/sessions.ts'
import { hashOf, isCredential, tokenPrefixes } from './token.ts'

/** A second is promised; the rest is for the request itself. */
const identityTtlMs = 900
/** Longer than a request with a revoked credential can be on its way. */
const revokedTtlMs = 60_000
/** Each entry takes about 500 bytes. */
const cacheMax = 10_000
/** How often the last use of a credential is stored: a write for each request would be expensive. */
const sessionTouchMs = 60 * 60 * 1000
const keyTouchMs = 60 * 1000

interface CacheEntry {
  /** Of the token. */
  readonly hash: string
  readonly identity: Identity
  readonly checkedAtMs: number
  /** When its last use was stored. */
  readonly touchedAtMs: number
}

/** Identities, with the invalidation of their credentials. */
export interface Credentials extends Identities {
  /**
   * Makes a statement invalidate, after the commit, the credentials whose `id` it returns: they were revoked or their role
   * changed. The listeners are called then.
   */
  invalidating(statement: Statement): Statement
}

export function createCredentials({ database, now }: Pick<Platform, 'database' | 'now'>): Credentials {
  const cache = new Map<string, CacheEntry>()
  const listeners = new Set<(credentialId: string) => void>()
  let invalidations = 0
  /** The invalidation at which each credential was revoked, and its time; the oldest first. */
  const revoked = new Map<string, { invalidation: number; atMs: number }>()
  /** The number of invalidations before each identity was read. */
  const readAfter = new WeakMap<Identity, number>()

  function identify(request: Request): Identity | null | Promise<Identity | null> {
    const { headers } = request
    const bearer = bearerIn(headers.get('authorization'))
    if (bearer !== null) return identifyToken(bearer)
    const cookies = headers.get('cookie')
    const token = cookies === null ? null : tokenIn(cookies, cookieNameOf(request))
    return token === null ? null : find(token, () => badCookie(request))
  }

  function identifyToken(token: string): Identity | Promise<Identity> {
    return find(token, badToken)
  }

  function find(token: string, refuse: () => AppError): Identity | Promise<Identity> {
    const cached = cache.get(token)
    const ms = now()
    if (cached !== undefined) {
      const age = ms - cached.checkedAtMs
      if (age >= 0 && age < identityTtlMs) return unexpired(cached.identity, ms, refuse)
      return read(token, cached.hash, refuse)
    }
    if (!isCredential(token)) throw refuse()
    return hashOf(token).then((hash) => read(token, hash, refuse))
  }

  function read(token: string, hash: string, refuse: () => AppError): Identity | Promise<Identity> {
    const before = invalidations
    const find = token.startsWith(tokenPrefixes.key) ? findKey : findSession
    return andThen(database.read(find(hash)), ([row]) => {
      const identity = accept(token, hash, row, invalidations === before, refuse)
      readAfter.set(identity, before)
      return identity
    })
  }

  /** Returns the identity of a row, and caches it unless an invalidation happened while it was read. */
  function accept(
    token: string,
    hash: string,
    row: SqlRow | undefined,
    isCurrent: boolean,
    refuse: () => AppError,
  ): Identity {
    const earlier = cache.get(token)
    cache.delete(token)
    if (row === undefined) throw refuse()
    const ms = now()
    const usedAt = Math.max(Number(row.usedAt ?? 0), earlier?.touchedAtMs ?? 0)
    const isDue = ms - usedAt >= (isKey(row) ? keyTouchMs : sessionTouchMs)
    const entry = { hash, identity: identityOf(row, isDue, ms), checkedAtMs: ms, touchedAtMs: isDue ? ms : usedAt }
    unexpired(entry.identity, ms, refuse)
    if (isDue) touch(row, ms)
    if (isCurrent) store(token, entry)
    return entry.identity
  }

  function store(token: string, entry: CacheEntry): void {
    const [oldest] = cache.keys()
    if (cache.size >= cacheMax && oldest !== undefined) cache.delete(oldest)
    cache.set(token, entry)
  }

  /** Stores the last use without delaying the request. After a failure the next due request tries again. */
  function touch(row: SqlRow, ms: number): void {
    database.write(() => run(touchStatement(row, ms))).catch(() => {})
  }

  function addRevoked(credentialId: string, ms: number): void {
    revoked.delete(credentialId)
    revoked.set(credentialId, { invalidation: invalidations, atMs: ms })
    for (const [id, { atMs }] of revoked) {
      if (Math.abs(ms - atMs) < revokedTtlMs) return
      revoked.delete(id)
    }
  }

  function invalidate(credentialIds: ReadonlySet<string>): void {
    if (credentialIds.size === 0) return
    invalidations += 1
    for (const [token, { identity }] of cache) if (credentialIds.has(identity.credentialId)) cache.delete(token)
    for (const id of credentialIds) {
      addRevoked(id, now())
      for (const listener of listeners) listener(id)
    }
  }

  return {
    identify,
    identifyToken,
    isRevoked: (identity) =>
      (revoked.get(identity.credentialId)?.invalidation ?? 0) > (readAfter.get(identity) ?? Number.POSITIVE_INFINITY),
    onRevoke(listener) {
      // A listener that is added twice is called twice, until each is removed.
      const own = (credentialId: string) => listener(credentialId)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    invalidating: (statement) => ({
      ...statement,
      afterCommit: (rows) => invalidate(new Set(rows.map(({ id }) => String(id)))),
    }),
  }
}

const invalidToken = { 'WWW-Authenticate': 'Bearer error="invalid_token"' }

function badToken(): AppError {
  return new AppError('unauthorized', 'The token is not valid, has expired or was revoked.', { headers: invalidToken })
}

/** Removes the cookie too, since a browser would keep sending it. */
function badCookie(request: Request): AppError {
  return new AppError('unauthorized', 'Your session has ended. Sign in again.', {
    headers: { 'Set-Cookie': removedCookie(request) },
  })
}

function unexpired(identity: Identity, ms: number, refuse: () => AppError): Identity {
  if (identity.expiresAtMs !== null && identity.expiresAtMs <= ms) throw refuse()
  return identity
}

/** Tests for the row of an API key: only these have scopes. */
function isKey({ scopes }: SqlRow): boolean {
  return scopes !== undefined
}

function identityOf(row: SqlRow, isUsed: boolean, ms: number): Identity {
  const { id, userId, role, verifiedAt, scopes } = row
  const expiresAt = isUsed && !isKey(row) ? extended(row, ms) : row.expiresAt
  return {
    userId: String(userId),
    role: String(role),
    isVerified: verifiedAt !== null,
    scopes: isKey(row) ? (JSON.parse(String(scopes)) as string[]) : null,
    credentialId: String(id),
    credential: isKey(row) ? 'key' : 'session',
    expiresAtMs: expiresAt === null ? null : Number(expiresAt),
  }
}

/** The expiry of a session after its use now. An expired one stays expired. */
function extended({ createdAt, expiresAt }: SqlRow, ms: number): number {
  return Number(expiresAt) <= ms ? Number(expiresAt) : sessionExpiry(Number(createdAt), ms)
}

function touchStatement(row: SqlRow, ms: number): Statement {
  const id = String(row.id)
  return isKey(row) ? touchKey(id, ms) : touchSession(id, ms, sessionExpiry(Number(row.createdAt), ms))
}
