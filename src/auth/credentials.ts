/**
 * Finds out who shows a token. What is found is believed for less than a second, so that a hot route reads nothing; after
 * that it is read anew, by the token's hash, which is kept beside. What this process revokes is forgotten at once.
 */

import { statement } from '../database/statement.ts'
import { run } from '../database/steps.ts'
import { AppError } from '../errors.ts'
import type { Results, SqlRow, Statement } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import type { Identities, Identity } from '../request/identity.ts'
import { noCookie, tokenIn } from './cookie.ts'
import { sessionExpiry } from './store/sessions.ts'
import { hashOf, isCredential, tokenPrefixes } from './token.ts'

/** Under the second that is promised, with room for the request itself. */
const beliefMs = 900
/** Longer than anything that was begun with a credential takes until it hears of its end. */
const revokedMs = 60_000
/** Each takes about 500 bytes. */
const knownMax = 10_000
/** How often it is written down that a session was used: a write for each request would be dear. */
const loginTouchMs = 60 * 60 * 1000
const keyTouchMs = 60 * 1000

interface Known {
  readonly hash: string
  readonly identity: Identity
  readonly checkedAtMs: number
  /** When it was last written down that it was used. */
  readonly touchedAtMs: number
}

/** Who is asking, and the news of who is not any more. */
export interface Credentials extends Identities {
  /** Forgets credentials that have just been revoked, or mean something else now, and tells the listeners. */
  forget(credentialIds: readonly string[]): void
}

export function createCredentials({ database, now }: Pick<Platform, 'database' | 'now'>): Credentials {
  const cache = new Map<string, Known>()
  const listeners = new Set<(credentialId: string) => void>()
  let forgotten = 0
  /** Which time of forgetting each was forgotten at, and when; the oldest first. */
  const revoked = new Map<string, { time: number; atMs: number }>()
  /** How often something had been forgotten when each was read. */
  const readAfter = new WeakMap<Identity, number>()

  function identify({ headers }: Request): Identity | null | Promise<Identity | null> {
    const bearer = bearerIn(headers.get('authorization'))
    if (bearer !== null) return identifyToken(bearer)
    const cookies = headers.get('cookie')
    const token = cookies === null ? null : tokenIn(cookies)
    return token === null ? null : find(token, badCookie)
  }

  function identifyToken(token: string): Identity | Promise<Identity> {
    return find(token, badToken)
  }

  function find(token: string, refuse: () => AppError): Identity | Promise<Identity> {
    const known = cache.get(token)
    const ms = now()
    if (known !== undefined) {
      const age = ms - known.checkedAtMs
      if (age >= 0 && age < beliefMs) return unexpired(known.identity, ms, refuse)
      return read(token, known.hash, refuse)
    }
    if (!isCredential(token)) throw refuse()
    return hashOf(token).then((hash) => read(token, hash, refuse))
  }

  function read(token: string, hash: string, refuse: () => AppError): Identity | Promise<Identity> {
    const before = forgotten
    const sql = token.startsWith(tokenPrefixes.key) ? findKeySql : findLoginSql
    const rows = database.read(statement(sql, hash))
    const use = ([row]: readonly SqlRow[]) => {
      const identity = believe(token, hash, row, forgotten === before, refuse)
      readAfter.set(identity, before)
      return identity
    }
    return rows instanceof Promise ? rows.then(use) : use(rows)
  }

  /** Kept unless something was revoked while it was read. */
  function believe(
    token: string,
    hash: string,
    row: SqlRow | undefined,
    isSure: boolean,
    refuse: () => AppError,
  ): Identity {
    const earlier = cache.get(token)
    cache.delete(token)
    if (row === undefined) throw refuse()
    const ms = now()
    const usedAt = Math.max(Number(row.usedAt ?? 0), earlier?.touchedAtMs ?? 0)
    const isDue = ms - usedAt >= (isKey(row) ? keyTouchMs : loginTouchMs)
    const known = { hash, identity: identityOf(row, isDue, ms), checkedAtMs: ms, touchedAtMs: isDue ? ms : usedAt }
    unexpired(known.identity, ms, refuse)
    if (isDue) touch(row, ms)
    if (isSure) keep(token, known)
    return known.identity
  }

  function keep(token: string, known: Known): void {
    const [oldest] = cache.keys()
    if (cache.size >= knownMax && oldest !== undefined) cache.delete(oldest)
    cache.set(token, known)
  }

  /** Beside the request. Should it fail, it is tried again when it is next due. */
  function touch(row: SqlRow, ms: number): void {
    database.write(() => run(touchStatement(row, ms))).catch(() => {})
  }

  function remember(credentialId: string, ms: number): void {
    revoked.delete(credentialId)
    revoked.set(credentialId, { time: forgotten, atMs: ms })
    for (const [id, { atMs }] of revoked) {
      if (Math.abs(ms - atMs) < revokedMs) return
      revoked.delete(id)
    }
  }

  return {
    identify,
    identifyToken,
    isRevoked: (identity) =>
      (revoked.get(identity.credentialId)?.time ?? 0) > (readAfter.get(identity) ?? Number.POSITIVE_INFINITY),
    onRevoke(listener) {
      // One that is given twice listens twice, until each is taken back.
      const own = (credentialId: string) => listener(credentialId)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    forget(credentialIds) {
      if (credentialIds.length === 0) return
      forgotten += 1
      const gone = new Set(credentialIds)
      for (const [token, { identity }] of cache) if (gone.has(identity.credentialId)) cache.delete(token)
      for (const id of gone) {
        remember(id, now())
        for (const listener of listeners) listener(id)
      }
    },
  }
}

/** What a write has ended or changed, by the column `credentialId` that its statements returned. */
export function endedIn(results: Results): string[] {
  return results.flatMap((rows) =>
    rows.flatMap(({ credentialId }) => (credentialId === undefined ? [] : [String(credentialId)])),
  )
}

/** Other schemes are somebody else's, such as a proxy's. */
function bearerIn(authorization: string | null): string | null {
  if (authorization === null) return null
  if (authorization.startsWith('Bearer ')) return authorization.slice('Bearer '.length).trim()
  const [, token] = /^bearer +(.*)$/i.exec(authorization) ?? []
  return token === undefined ? null : token.trim()
}

const invalidToken = { 'WWW-Authenticate': 'Bearer error="invalid_token"' }

function badToken(): AppError {
  return new AppError('unauthorized', 'The token is none, has expired or was revoked.', { headers: invalidToken })
}

/** A browser can't help showing an old cookie, so it is told to forget it. */
function badCookie(): AppError {
  return new AppError('unauthorized', 'Your session has ended. Sign in again.', { headers: { 'Set-Cookie': noCookie } })
}

function unexpired(identity: Identity, ms: number, refuse: () => AppError): Identity {
  if (identity.expiresAtMs !== null && identity.expiresAtMs <= ms) throw refuse()
  return identity
}

/** Only keys have scopes. */
function isKey({ scopes }: SqlRow): boolean {
  return scopes !== undefined
}

function identityOf(row: SqlRow, isUsed: boolean, ms: number): Identity {
  const { id, userId, role, scopes } = row
  const expiresAt = isUsed && !isKey(row) ? extended(row, ms) : row.expiresAt
  return {
    userId: String(userId),
    role: String(role),
    scopes: isKey(row) ? (JSON.parse(String(scopes)) as string[]) : null,
    credentialId: String(id),
    credential: isKey(row) ? 'key' : 'session',
    expiresAtMs: expiresAt === null ? null : Number(expiresAt),
  }
}

/** One that has expired stays so. */
function extended({ createdAt, expiresAt }: SqlRow, ms: number): number {
  return Number(expiresAt) <= ms ? Number(expiresAt) : sessionExpiry(Number(createdAt), ms)
}

function touchStatement(row: SqlRow, ms: number): Statement {
  const id = String(row.id)
  if (isKey(row)) return statement('update galley_keys set lastUsedAt = ? where id = ?', ms, id)
  const sql = 'update galley_logins set lastSeenAt = ?, expiresAt = ? where id = ?'
  return statement(sql, ms, sessionExpiry(Number(row.createdAt), ms), id)
}

const findLoginSql = `select l.id, l.userId, u.role, l.createdAt, l.lastSeenAt as usedAt, l.expiresAt
  from galley_logins l join galley_users u on u.id = l.userId where l.tokenHash = ? and u.disabledAt is null`
const findKeySql = `select k.id, k.userId, u.role, k.scopes, k.lastUsedAt as usedAt, k.expiresAt
  from galley_keys k join galley_users u on u.id = k.userId where k.tokenHash = ? and u.disabledAt is null`
