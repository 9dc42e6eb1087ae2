/**
 * Sessions, in the table `galley_logins`. A session lasts 30 days from its last use and 180 days at most. Its last use is
 * stored once an hour at most.
 */

import { guarded, statement } from '../../database/steps.ts'
import { isoTime } from '../../iso-time.ts'
import type { SqlRow, SqlValue, Statement } from '../../ports/database.ts'

const dayMs = 24 * 60 * 60 * 1000
const idleMaxMs = 30 * dayMs
export const sessionAgeMaxMs = 180 * dayMs
/** Sessions of one user; beyond this the oldest end. */
const sessionsMax = 100
/** Stored characters of a `User-Agent`. */
const agentLengthMax = 200

export interface NewSession {
  id: string
  userId: string
  hash: string
  ms: number
  address: string | null
  agent: string
}

/** The time at which a session that is used now will end. */
export function sessionExpiry(createdAt: number, ms: number): number {
  return Math.min(ms + idleMaxMs, createdAt + sessionAgeMaxMs)
}

/** Starts a session; fails with `unauthorized` unless the account is enabled and its password is still the verified one. */
export function insertSession({ id, userId, hash, ms, address, agent }: NewSession, password: SqlValue): Statement {
  return guarded(
    { error: 'unauthorized', message: 'The account was changed at the same time. Try again.' },
    `insert into galley_logins (id, userId, tokenHash, createdAt, lastSeenAt, expiresAt, address, agent)
      select ?, id, ?, ?, ?, ?, ?, ? from galley_users where id = ? and password = ? and disabledAt is null returning id`,
    id,
    hash,
    ms,
    ms,
    sessionExpiry(ms, ms),
    address,
    agent.slice(0, agentLengthMax),
    userId,
    password,
  )
}

/** Ends the sessions beyond `sessionsMax`. Every statement that ends credentials returns their ids. */
export function trimSessions(userId: string): Statement {
  return statement(
    `delete from galley_logins where id in (
      select id from galley_logins where userId = ? order by lastSeenAt desc, id desc limit -1 offset ?) returning id`,
    userId,
    sessionsMax,
  )
}

export function listSessions(userId: string, ms: number): Statement {
  return statement(
    `select id, createdAt, lastSeenAt, expiresAt, address, agent from galley_logins
      where userId = ? and expiresAt > ? order by lastSeenAt desc, id desc`,
    userId,
    ms,
  )
}

/** Ends one session; fails with `not_found`. */
export function deleteSession(id: string, userId: string): Statement {
  return guarded(
    { error: 'not_found', message: 'You have no such session.' },
    'delete from galley_logins where id = ? and userId = ? returning id',
    id,
    userId,
  )
}

/** Ends all sessions of a user except one. */
export function deleteSessions(userId: string, except = ''): Statement {
  return statement('delete from galley_logins where userId = ? and id <> ? returning id', userId, except)
}

/** The API's form of a session. */
export function sessionRowOf({ id, createdAt, lastSeenAt, expiresAt, address, agent }: SqlRow, currentId: string) {
  return {
    id: String(id),
    createdAt: isoTime(Number(createdAt)),
    lastSeenAt: isoTime(Number(lastSeenAt)),
    expiresAt: isoTime(Number(expiresAt)),
    address: address === null ? null : String(address),
    agent: String(agent),
    current: id === currentId,
  }
}

/** Finds an enabled user's session, with `role` and `verifiedAt` of the user, and `usedAt`. */
export function findSession(hash: string): Statement {
  return statement(
    `select l.id, l.userId, u.role, u.verifiedAt, l.createdAt, l.lastSeenAt as usedAt, l.expiresAt
      from galley_logins l join galley_users u on u.id = l.userId where l.tokenHash = ? and u.disabledAt is null`,
    hash,
  )
}

export function listSessionIds(userId: string): Statement {
  return statement('select id from galley_logins where userId = ?', userId)
}

/** Stores that a session was used. */
export function touchSession(id: string, ms: number, expiresAt: number): Statement {
  return statement('update galley_logins set lastSeenAt = ?, expiresAt = ? where id = ?', ms, expiresAt, id)
}

/** Deletes some sessions that expired before `ms`, a row for each. */
export function deleteExpiredSessions(ms: number, limit: number): Statement {
  return statement(
    `delete from galley_logins where id in (select id from galley_logins where expiresAt <= ? limit ?) returning 1 as gone`,
    ms,
    limit,
  )
}
