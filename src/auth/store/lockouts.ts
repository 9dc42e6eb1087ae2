/** Counts of attempts to sign in, and the delays that follow from them, by the name of each count. */
import { statement } from '../../database/steps.ts'
import type { GuardedStatement, Statement } from '../../ports/database.ts'
import { widerShare } from '../../request/client-network.ts'

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
/** One network makes about 100 accounts a day. */
const signUpLimit: Limit = { free: 100, delayMaxMs: (24 * hourMs) / 100, decayMs: (24 * hourMs) / 100 }
/** A count is deleted this long after its last attempt. */
const idleMaxMs = 24 * hourMs
export const firstDelayMs = 1000
/** Reaches the longest delay without an overflow. */
const doublingsMax = 20
/** Beyond this the oldest rows are deleted; each is about 100 bytes. */
const rowsMax = 100_000

/** The statement that counts an attempt; its parameters are the name and the time. It fails while the name is locked. */
function counting({ free, delayMaxMs, decayMs }: Limit): Omit<GuardedStatement, 'parameters'> {
  const counted = `max(0, failures - max(0, excluded.lastAt - lastAt) / ${decayMs}.0) + 1`
  const doublings = `cast(round(max(0, min(${doublingsMax}, ${counted} - ${free + 1}))) as integer)`
  const delay = `min(${delayMaxMs}, ${firstDelayMs} << ${doublings})`
  const sql = `insert into galley_lockouts (name, failures, untilAt, lastAt) values (?, 1, 0, ?)
    on conflict (name) do update set failures = ${counted}, lastAt = excluded.lastAt,
      untilAt = case when ${counted} <= ${free} then 0 else excluded.lastAt + ${delay} end
    where untilAt <= excluded.lastAt returning name`
  return { sql, guard: { error: 'too_many_requests' } }
}

const countSql = [pairLimit, ...widening(networkLimit)].map(counting)
const countSignUpSql = widening(signUpLimit).map(counting)

/** The limits of a client's network and of the wider ones. */
function widening(limit: Limit): Limit[] {
  return [limit, wider(limit), wider(wider(limit))]
}

/** The limit of the next wider network. */
function wider({ free, delayMaxMs, decayMs }: Limit): Limit {
  return { free: free * widerShare, delayMaxMs, decayMs: decayMs / widerShare }
}

/** Counts an attempt under the name of the pair and those of the networks, the narrowest first. */
export function countAttempt(names: readonly string[], ms: number): Statement[] {
  return names.map((name, index) => ({ ...(countSql[index] as (typeof countSql)[number]), parameters: [name, ms] }))
}

/** Counts a sign-up under the names of the networks, the narrowest first. */
export function countSignUp(names: readonly string[], ms: number): Statement[] {
  return names.map((name, index) => ({
    ...(countSignUpSql[index] as (typeof countSignUpSql)[number]),
    parameters: [name, ms],
  }))
}

/** Finds until when one of the names is locked: `untilAt`, null for none. */
export function findLock(names: readonly string[], ms: number): Statement {
  const marks = names.map(() => '?').join(', ')
  return statement(
    `select max(untilAt) as untilAt from galley_lockouts where name in (${marks}) and untilAt > ?`,
    ...names,
    ms,
  )
}

export function deleteLock(name: string): Statement {
  return statement('delete from galley_lockouts where name = ?', name)
}

/** Takes one attempt back. */
export function uncount(name: string): Statement {
  return statement('update galley_lockouts set failures = max(0, failures - 1) where name = ?', name)
}

/** Deletes the oldest rows beyond the limit. */
export function trimLocks(): Statement {
  return statement(
    'delete from galley_lockouts where name in (select name from galley_lockouts order by lastAt desc limit -1 offset ?)',
    rowsMax,
  )
}

export function deleteOldLocks(ms: number): Statement {
  return statement('delete from galley_lockouts where lastAt < ?', ms - idleMaxMs)
}
