/**
 * Slows down who guesses passwords, with delays that grow, kept in the table `galley_lockouts` so that a restart forgives
 * nothing. Tries are counted by account and place together, and by place alone; never by account alone, or else
 * anybody could lock anybody out. Each try is counted before its password is looked at, in the statement that also
 * asks whether it may be made: so many at once are no way around. A right password takes its own count back. Where a
 * user has signed in before, a right password always gets in, whatever others do from there.
 */

import { statement } from '../database/statement.ts'
import { runAll } from '../database/steps.ts'
import { AppError } from '../errors.ts'
import type { Guard, Statement } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import { hashOf } from './token.ts'

interface Limit {
  /** So many tries cost nothing. */
  free: number
  /** The longest delay; the first is a second, and each one is twice that before. */
  delayMaxMs: number
  /** One try is forgotten after so long, then the next. */
  forgetMs: number
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const pairLimit: Limit = { free: 5, delayMaxMs: 15 * minuteMs, forgetMs: hourMs }
/** Many may share an address. */
const placeLimit: Limit = { free: 20, delayMaxMs: 5 * minuteMs, forgetMs: 3 * minuteMs }
/** What nobody has tried for so long is forgotten whole. */
const idleMaxMs = 24 * hourMs
const firstDelayMs = 1000
/** Far above any delay, and no overflow. */
const doublingsMax = 20
/** Above it the oldest rows go; each is about 100 bytes. */
const rowsMax = 100_000
const trimEveryTries = 256
/** Of the places where one user has signed in. */
const placesMax = 20

export interface Try {
  /** The address that was typed, whether or not there is such an account. */
  email: string
  /** '' for none. */
  userId: string
  place: string
}

export interface Throttle {
  /** Counts a try, which must then be made or be forgiven. @throws AppError `too_many_requests` when another was counted at once */
  begin(attempt: Try): Promise<CountedTry>
  /** The statement that lets go of what nobody needs any more. */
  cleanUp(): Statement
}

export interface CountedTry {
  /** To be run in the write of a sign-in that the right password began. */
  forgive: readonly Statement[]
  /** The error of a wrong password: it says to wait where others would have had to. */
  error: AppError
  /** Whether it is too early even for the right password. To be told after as much work, or else the time would tell whose account is known here. */
  isClosed: boolean
}

export function createThrottle({ database, now }: Pick<Platform, 'database' | 'now'>): Throttle {
  let tries = 0

  async function begin({ email, userId, place }: Try): Promise<CountedTry> {
    const ms = now()
    const names = [`account ${await hashOf(`${email} ${place}`)}`, ...(place === '' ? [] : [`place ${place}`])]
    const [lock] = await database.read(lockedStatement(names, ms))
    const [known] = await database.read(statement(knownSql, userId, place))
    const late = lock?.untilAt === null || lock === undefined ? null : tooEarly(Number(lock.untilAt) - ms)
    if (late !== null && known === undefined) return { forgive: [], error: late, isClosed: true }
    const counts = known === undefined ? countSql : countKnownSql
    const counters = names.map((name, index) => ({
      ...(index === 0 ? counts.pair : counts.place),
      parameters: [name, ms],
    }))
    await database.write(() => runAll(...counters, ...trimStatements())).catch(atOnce)
    return {
      forgive: [statement(forgetSql, names[0] ?? ''), statement(uncountSql, names[1] ?? '')],
      error: late ?? new AppError('unauthorized', 'The e-mail address or the password is wrong.'),
      isClosed: false,
    }
  }

  function trimStatements(): Statement[] {
    tries += 1
    return tries % trimEveryTries === 0 ? [statement(trimSql, rowsMax)] : []
  }

  return {
    begin,
    cleanUp: () => statement('delete from galley_lockouts where lastAt < ?', now() - idleMaxMs),
  }
}

function lockedStatement([pair = '', place = '']: readonly string[], ms: number): Statement {
  return statement(
    'select max(untilAt) as untilAt from galley_lockouts where name in (?, ?) and untilAt > ?',
    pair,
    place,
    ms,
  )
}

function tooEarly(delayMs: number): AppError {
  const seconds = Math.ceil(delayMs / 1000)
  const headers = { 'Retry-After': String(seconds) }
  return new AppError('too_many_requests', `Too many tries. Try again in ${seconds} s.`, { headers })
}

/** Another try was counted since, and locked the name for the first delay at least. */
function atOnce(error: unknown): never {
  throw error instanceof AppError && error.code === 'too_many_requests' ? tooEarly(firstDelayMs) : error
}

/**
 * Counts a try: parameters are the name and the time. With a guard it fails, and with it the try, while the name
 * is locked.
 */
function counting({ free, delayMaxMs, forgetMs }: Limit, guard?: Guard): Omit<Statement, 'parameters'> {
  const counted = `max(0, failures - max(0, excluded.lastAt - lastAt) / ${forgetMs}.0) + 1`
  const doublings = `cast(round(max(0, min(${doublingsMax}, ${counted} - ${free + 1}))) as integer)`
  const delay = `min(${delayMaxMs}, ${firstDelayMs} << ${doublings})`
  const sql = `insert into galley_lockouts (name, failures, untilAt, lastAt) values (?, 1, 0, ?)
    on conflict (name) do update set failures = ${counted}, lastAt = excluded.lastAt,
      untilAt = case when ${counted} <= ${free} then 0 else excluded.lastAt + ${delay} end
    ${guard ? 'where untilAt <= excluded.lastAt' : ''} returning name`
  return guard ? { sql, guard } : { sql }
}

const locked = { error: 'too_many_requests' } as const
const countSql = { pair: counting(pairLimit, locked), place: counting(placeLimit, locked) }
/** Where the user has signed in before. */
const countKnownSql = { pair: counting(pairLimit), place: counting(placeLimit) }

/** Notes that a user has signed in somewhere. */
export function remember(userId: string, place: string, ms: number): Statement[] {
  if (place === '') return []
  return [statement(rememberSql, userId, place, ms), statement(trimPlacesSql, userId, userId, placesMax)]
}

/** Forgets where a user has signed in: it may not have been the user. */
export function forgetPlaces(userId: string): Statement {
  return statement('delete from galley_places where userId = ?', userId)
}

const knownSql = 'select 1 as known from galley_places where userId = ? and place = ?'
const forgetSql = 'delete from galley_lockouts where name = ?'
const uncountSql = 'update galley_lockouts set failures = max(0, failures - 1) where name = ?'
const trimSql = `delete from galley_lockouts where name in (
  select name from galley_lockouts order by lastAt desc limit -1 offset ?)`
const rememberSql = `insert into galley_places (userId, place, lastAt) values (?, ?, ?)
  on conflict (userId, place) do update set lastAt = excluded.lastAt`
const trimPlacesSql = `delete from galley_places where userId = ? and place in (
  select place from galley_places where userId = ? order by lastAt desc limit -1 offset ?)`
