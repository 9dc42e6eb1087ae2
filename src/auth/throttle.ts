/**
 * Slows down guessing of passwords by delays that grow, stored in the table `galley_lockouts` so that a restart does not
 * reset them. Attempts are counted per account and client network together, and per client network; never per account
 * alone, because then anybody could lock anybody out. Each attempt is counted before its password is verified, in the same
 * statement that checks whether it is allowed, so concurrent attempts gain nothing. A correct password takes its own count
 * back. From a network where the user has signed in before, a correct password always works, whatever other clients do.
 */

import { statement } from '../database/statement.ts'
import { runAll } from '../database/steps.ts'
import { AppError } from '../errors.ts'
import type { Guard, Statement } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import { hashOf } from './token.ts'

interface Limit {
  /** Attempts without a delay. */
  free: number
  /** The longest delay. The first is `firstDelayMs`, and each is twice the one before. */
  delayMaxMs: number
  /** The count falls by one per this time. */
  decayMs: number
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const pairLimit: Limit = { free: 5, delayMaxMs: 15 * minuteMs, decayMs: hourMs }
/** Many users may share an address. */
const networkLimit: Limit = { free: 20, delayMaxMs: 5 * minuteMs, decayMs: 3 * minuteMs }
/** A count is deleted this long after its last attempt. */
const idleMaxMs = 24 * hourMs
const firstDelayMs = 1000
/** Reaches the longest delay without an overflow. */
const doublingsMax = 20
/** Beyond this the oldest rows are deleted; each is about 100 bytes. */
const rowsMax = 100_000
const trimEveryAttempts = 256
/** Known networks of one user. */
const networksMax = 20

export interface Attempt {
  /** The email address given, whether or not it has an account. */
  email: string
  /** '' when there is no such account. */
  userId: string
  /** '' when unknown. */
  network: string
}

export interface Throttle {
  /** Counts an attempt before its password is verified. @throws AppError `too_many_requests` when a concurrent one was counted first */
  begin(attempt: Attempt): Promise<CountedAttempt>
  /** Returns the statement that deletes outdated counts. */
  cleanUp(): Statement
}

export interface CountedAttempt {
  /** Takes the count back; part of the write that follows a correct password. */
  forgive: readonly Statement[]
  /** The error of a wrong password; `too_many_requests` when a delay applies. */
  error: AppError
  /** Whether even a correct password is refused. Report it after the same work, or the response time would tell which accounts have signed in from here. */
  isClosed: boolean
}

export function createThrottle({ database, now }: Pick<Platform, 'database' | 'now'>): Throttle {
  let attempts = 0

  async function begin({ email, userId, network }: Attempt): Promise<CountedAttempt> {
    const ms = now()
    // Databases hold rows with these names.
    const names = [`account ${await hashOf(`${email} ${network}`)}`, ...(network === '' ? [] : [`place ${network}`])]
    const [lock] = await database.read(lockedStatement(names, ms))
    const [known] = await database.read(statement(knownSql, userId, network))
    const late = lock?.untilAt === null || lock === undefined ? null : tooEarly(Number(lock.untilAt) - ms)
    if (late !== null && known === undefined) return { forgive: [], error: late, isClosed: true }
    const counts = known === undefined ? countSql : countKnownSql
    const counters = names.map((name, index) => ({
      ...(index === 0 ? counts.pair : counts.network),
      parameters: [name, ms],
    }))
    await database.write(() => runAll(...counters, ...trimStatements())).catch(rethrowLocked)
    return {
      forgive: [statement(deleteSql, names[0] ?? ''), statement(uncountSql, names[1] ?? '')],
      error: late ?? new AppError('unauthorized', 'The email address or the password is wrong.'),
      isClosed: false,
    }
  }

  function trimStatements(): Statement[] {
    attempts += 1
    return attempts % trimEveryAttempts === 0 ? [statement(trimSql, rowsMax)] : []
  }

  return {
    begin,
    cleanUp: () => statement('delete from galley_lockouts where lastAt < ?', now() - idleMaxMs),
  }
}

function lockedStatement([pair = '', network = '']: readonly string[], ms: number): Statement {
  return statement(
    'select max(untilAt) as untilAt from galley_lockouts where name in (?, ?) and untilAt > ?',
    pair,
    network,
    ms,
  )
}

function tooEarly(delayMs: number): AppError {
  const seconds = Math.ceil(delayMs / 1000)
  const headers = { 'Retry-After': String(seconds) }
  return new AppError('too_many_requests', `Too many attempts. Try again in ${seconds} s.`, { headers })
}

/** A concurrent attempt was counted first and locked the name, for the first delay at least. */
function rethrowLocked(error: unknown): never {
  throw error instanceof AppError && error.code === 'too_many_requests' ? tooEarly(firstDelayMs) : error
}

/** The statement that counts an attempt; its parameters are the name and the time. With a guard it fails while the name is locked. */
function counting({ free, delayMaxMs, decayMs }: Limit, guard?: Guard): Omit<Statement, 'parameters'> {
  const counted = `max(0, failures - max(0, excluded.lastAt - lastAt) / ${decayMs}.0) + 1`
  const doublings = `cast(round(max(0, min(${doublingsMax}, ${counted} - ${free + 1}))) as integer)`
  const delay = `min(${delayMaxMs}, ${firstDelayMs} << ${doublings})`
  const sql = `insert into galley_lockouts (name, failures, untilAt, lastAt) values (?, 1, 0, ?)
    on conflict (name) do update set failures = ${counted}, lastAt = excluded.lastAt,
      untilAt = case when ${counted} <= ${free} then 0 else excluded.lastAt + ${delay} end
    ${guard ? 'where untilAt <= excluded.lastAt' : ''} returning name`
  return guard ? { sql, guard } : { sql }
}

const locked = { error: 'too_many_requests' } as const
const countSql = { pair: counting(pairLimit, locked), network: counting(networkLimit, locked) }
/** From a network where the user has signed in before. */
const countKnownSql = { pair: counting(pairLimit), network: counting(networkLimit) }

/** Stores a network from which a user has signed in. */
export function addNetwork(userId: string, network: string, ms: number): Statement[] {
  if (network === '') return []
  return [statement(addNetworkSql, userId, network, ms), statement(trimNetworksSql, userId, userId, networksMax)]
}

/** Deletes the known networks of a user, since a thief of the password may have signed in from one. */
export function deleteNetworks(userId: string): Statement {
  return statement('delete from galley_places where userId = ?', userId)
}

const knownSql = 'select 1 as known from galley_places where userId = ? and place = ?'
const deleteSql = 'delete from galley_lockouts where name = ?'
const uncountSql = 'update galley_lockouts set failures = max(0, failures - 1) where name = ?'
const trimSql = `delete from galley_lockouts where name in (
  select name from galley_lockouts order by lastAt desc limit -1 offset ?)`
const addNetworkSql = `insert into galley_places (userId, place, lastAt) values (?, ?, ?)
  on conflict (userId, place) do update set lastAt = excluded.lastAt`
const trimNetworksSql = `delete from galley_places where userId = ? and place in (
  select place from galley_places where userId = ? order by lastAt desc limit -1 offset ?)`
