/**
 * Sessions in the table `galley_logins`. A session lasts 30 days from when it was last used and 180 days at most; that it
 * was used is written down once an hour at most.
 */
import { isoTime } from '../iso-time.ts'
import type { SqlRow, SqlValue, Statement } from '../platform.ts'
import { guarded, statement } from './statement.ts'

const dayMs = 24 * 60 * 60 * 1000
const idleMaxMs = 30 * dayMs
export const loginAgeMaxMs = 180 * dayMs
/** A user's oldest sessions go beyond this. */
const loginsMax = 100
/** How much is kept of what a browser says it is. */
const agentLengthMax = 200

export interface NewLogin {
  id: string
  userId: string
  hash: string
  ms: number
  address: string | null
  agent: string
}

/** When a session that is used now ends. */
export function loginExpiry(createdAt: number, ms: number): number {
  return Math.min(ms + idleMaxMs, createdAt + loginAgeMaxMs)
}

/** Begins a session; fails with `unauthorized` unless the account is enabled and its password is still the verified one. */
export function insertLogin({ id, userId, hash, ms, address, agent }: NewLogin, password: SqlValue): Statement {
  return guarded(
    { error: 'unauthorized', message: 'The account was changed at the same time. Try again.' },
    `insert into galley_logins (id, userId, tokenHash, createdAt, lastSeenAt, expiresAt, address, agent)
      select ?, id, ?, ?, ?, ?, ?, ? from galley_users where id = ? and password = ? and disabledAt is null returning id`,
    id,
    hash,
    ms,
    ms,
    loginExpiry(ms, ms),
    address,
    agent.slice(0, agentLengthMax),
    userId,
    password,
  )
}

/** Ends those beyond the bound. Every statement that ends credentials returns their ids for `endedIn`. */
export function trimLogins(userId: string): Statement {
  return statement(
    `delete from galley_logins where id in (
      select id from galley_logins where userId = ? order by lastSeenAt desc, id desc limit -1 offset ?) returning id as credentialId`,
    userId,
    loginsMax,
  )
}

export function listLogins(userId: string, ms: number): Statement {
  return statement(
    `select id, createdAt, lastSeenAt, expiresAt, address, agent from galley_logins
      where userId = ? and expiresAt > ? order by lastSeenAt desc, id desc`,
    userId,
    ms,
  )
}

/** Ends one; fails with `not_found`. */
export function deleteLogin(id: string, userId: string): Statement {
  return guarded(
    { error: 'not_found', message: 'You have no such session.' },
    'delete from galley_logins where id = ? and userId = ? returning id as credentialId',
    id,
    userId,
  )
}

/** Ends all of a user but one. */
export function deleteLogins(userId: string, except = ''): Statement {
  return statement(
    'delete from galley_logins where userId = ? and id <> ? returning id as credentialId',
    userId,
    except,
  )
}

/** A session as the API gives it. */
export function loginOf({ id, createdAt, lastSeenAt, expiresAt, address, agent }: SqlRow, currentId: string) {
  return {
    id,
    createdAt: isoTime(Number(createdAt)),
    lastSeenAt: isoTime(Number(lastSeenAt)),
    expiresAt: isoTime(Number(expiresAt)),
    address,
    agent,
    current: id === currentId,
  }
}
