import { guarded, statement } from '../../database/steps.ts'
import { isoTime } from '../../iso-time.ts'
import type { GuardedStatement, SqlRow, SqlValue, Statement } from '../../ports/database.ts'
import { adminRole, type Identity } from '../../request/identity.ts'

/** The default role. */
export const userRole = 'user'

const columns = 'id, email, role, createdAt, disabledAt, verifiedAt'

/** The API's form of a user. */
export interface User {
  id: string
  email: string
  role: string
  createdAt: string
  /** When the account was disabled; null for an enabled one. */
  disabledAt: string | null
  /** When the user showed control of the email address; null before. */
  verifiedAt: string | null
}

export function userOf({ id, email, role, createdAt, disabledAt, verifiedAt }: SqlRow): User {
  const time = (ms: unknown) => (typeof ms === 'number' ? isoTime(ms) : null)
  return {
    id: String(id),
    email: String(email),
    role: String(role),
    createdAt: isoTime(Number(createdAt)),
    disabledAt: time(disabledAt),
    verifiedAt: time(verifiedAt),
  }
}

export interface NewUser {
  id: string
  email: string
  /** Its hash. */
  password: string
  role: string
  ms: number
  isVerified: boolean
}

/** Inserts a user; fails with `conflict` when the email address has an account. */
export function insertUser({ id, email, password, role, ms, isVerified }: NewUser): Statement {
  return statement(
    'insert into galley_users (id, email, password, role, createdAt, verifiedAt) values (?, ?, ?, ?, ?, ?)',
    id,
    email,
    password,
    role,
    ms,
    isVerified ? ms : null,
  )
}

/** Finds a user, with the hash of the password. */
export function findByEmail(email: string): Statement {
  return statement(`select ${columns}, password from galley_users where email = ?`, email)
}

/** Finds a user, with the hash of the password. */
export function findById(id: string): Statement {
  return statement(`select ${columns}, password from galley_users where id = ?`, id)
}

export function listUsers(after: string, limit: number): Statement {
  return statement(`select ${columns} from galley_users where id > ? order by id limit ?`, after, limit)
}

/** Fails with `unauthorized` unless the credential is still valid, so that one revoked a moment ago changes nothing, even while the cache has it. */
export function stillValid({ credential, credentialId, userId }: Identity): Statement {
  const table = credential === 'session' ? 'galley_logins' : 'galley_keys'
  return guarded(
    { error: 'unauthorized' },
    `select 1 as held from ${table} where id = ? and userId = ?
      and exists (select 1 from galley_users where id = ? and disabledAt is null)`,
    credentialId,
    userId,
    userId,
  )
}

/** Fails with `forbidden` unless the user is still an administrator. */
export function stillAdmin({ userId }: Identity): Statement {
  return guarded(
    { error: 'forbidden' },
    'select 1 as held from galley_users where id = ? and role = ? and disabledAt is null',
    userId,
    adminRole,
  )
}

/** An SQL condition on the row of a user: not the last enabled administrator. */
const dispensable = `(role <> '${adminRole}' or disabledAt is not null or exists (
  select 1 from galley_users as other where other.role = '${adminRole}' and other.disabledAt is null
    and other.id <> galley_users.id))`

const lastAdmin = {
  error: 'conflict',
  message: 'This is the last administrator. Create another one first.',
} as const

/** Sets role and state; fails with `conflict` when no administrator would be left. */
export function updateUser(
  id: string,
  { role, disabledAt, verifiedAt }: { role: SqlValue; disabledAt: SqlValue; verifiedAt: SqlValue },
): GuardedStatement {
  return guarded(
    lastAdmin,
    `update galley_users set role = ?, disabledAt = ?, verifiedAt = ?
      where id = ? and ((? = '${adminRole}' and ? is null) or ${dispensable}) returning ${columns}`,
    role,
    disabledAt,
    verifiedAt,
    id,
    role,
    disabledAt,
  )
}

/** Deletes a user; fails with `conflict` when no administrator would be left. */
export function deleteUser(id: string): Statement {
  return guarded(lastAdmin, `delete from galley_users where id = ? and ${dispensable} returning id`, id)
}

/** Replaces the password; fails with `conflict` unless it is still the verified one. */
export function replacePassword(id: string, then: SqlValue, now: string): Statement {
  return guarded(
    { error: 'conflict', message: 'The password was changed at the same time.' },
    'update galley_users set password = ? where id = ? and password = ? returning id',
    now,
    id,
    then,
  )
}

/** Sets the password whatever it was, after a reset, whose email has shown control of the address. */
export function setPassword(id: string, password: string, ms: number): Statement {
  return statement(
    'update galley_users set password = ?, verifiedAt = coalesce(verifiedAt, ?) where id = ?',
    password,
    ms,
    id,
  )
}

/** Stores that the user has shown control of the email address. */
export function verifyUser(id: string, ms: number): Statement {
  return statement('update galley_users set verifiedAt = coalesce(verifiedAt, ?) where id = ?', ms, id)
}

/** Finds a user; fails with `not_found`. */
export function requireUser(id: string): GuardedStatement {
  return guarded(
    { error: 'not_found', message: 'There is no such user.' },
    `select ${columns} from galley_users where id = ?`,
    id,
  )
}

/** Replaces the hash of a password that is still the verified one; else the session that starts in the same write is refused. */
export function renewHash(id: string, then: string, now: string): Statement {
  return statement('update galley_users set password = ? where id = ? and password = ?', now, id, then)
}
