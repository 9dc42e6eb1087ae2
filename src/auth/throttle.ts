/**
 * Slows down guessing of passwords by delays that grow, stored in the table `galley_lockouts` so that a restart does not
 * reset them. Attempts are counted per account and client network together, and per client network and each wider one; never
 * per account alone, because then anybody could lock anybody out. Each attempt is counted before its password is verified, in the same
 * statement that checks whether it is allowed, so concurrent attempts gain nothing. A correct password takes its own count
 * back. From a network where the user has signed in before, a correct password always works, whatever other clients do; a
 * wrong one gets the same response as for an account that does not exist.
 */

import { runAll } from '../database/steps.ts'
import { AppError } from '../errors.ts'
import type { Statement } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import { isOwnMachine } from '../request/client-network.ts'
import {
  countAttempt,
  countSignUp,
  deleteLock,
  deleteOldLocks,
  findLock,
  firstDelayMs,
  trimLocks,
  uncount,
} from './store/lockouts.ts'
import { findNetwork } from './store/networks.ts'
import { hashOf } from './token.ts'

const trimEveryAttempts = 256

interface Attempt {
  /** The email address given, whether or not it has an account. */
  email: string
  /** '' when there is no such account. */
  userId: string
  /** The client's, the narrowest first; none when unknown. */
  networks: readonly string[]
}

export interface Throttle {
  /** Counts an attempt before its password is verified, unless a delay applies. */
  begin(attempt: Attempt): Promise<CountedAttempt>
  /**
   * Counts a sign-up by the client's networks, whether or not the address has an account, so that one network makes about a
   * hundred accounts a day. A client on this machine has no such limit.
   * @throws AppError `too_many_requests`
   */
  countSignUp(networks: readonly string[]): Promise<void>
  /** Returns the statement that deletes outdated counts. */
  cleanUp(): Statement
}

export interface CountedAttempt {
  /** Takes the count back; part of the write that follows a correct password. */
  forgive: readonly Statement[]
  /** The error of a wrong password; `too_many_requests` when a delay applies. */
  error: AppError
  /** True if even a correct password is refused. Report it after the same work, or the response time would tell which accounts have signed in from here. */
  isClosed: boolean
}

export function createThrottle({ database, now }: Pick<Platform, 'database' | 'now'>): Throttle {
  let attempts = 0

  async function begin({ email, userId, networks }: Attempt): Promise<CountedAttempt> {
    const ms = now()
    // Stored rows have these names.
    const [network = ''] = networks
    const names = [`account ${await hashOf(`${email} ${network}`)}`, ...networks.map((each) => `place ${each}`)]
    const [lock] = await database.read(findLock(names, ms))
    const [known] = await database.read(findNetwork(userId, network))
    const isOpen = typeof lock?.untilAt !== 'number'
    const late = isOpen ? await count(countAttempt(names, ms)) : tooEarly(Number(lock?.untilAt) - ms)
    const forgivePair = deleteLock(names[0] ?? '')
    // Not counted, known or not: else the delays would tell who has an account and has signed in from here.
    if (late !== null) return { forgive: [forgivePair], error: late, isClosed: known === undefined }
    return {
      forgive: [forgivePair, ...names.slice(1).map(uncount)],
      error: new AppError('unauthorized', 'The email address or the password is wrong.'),
      isClosed: false,
    }
  }

  /** Returns null, or the error when a concurrent attempt was counted first and locked a name, for the first delay at least. */
  async function count(counts: readonly Statement[]): Promise<AppError | null> {
    try {
      await database.write(() => runAll(...counts, ...trimStatements()))
      return null
    } catch (error) {
      if (error instanceof AppError && error.code === 'too_many_requests') return tooEarly(firstDelayMs)
      throw error
    }
  }

  async function addSignUp(networks: readonly string[]): Promise<void> {
    if (networks.length === 0 || isOwnMachine(networks[0])) return
    const ms = now()
    const names = networks.map((network) => `sign-up ${network}`)
    const [lock] = await database.read(findLock(names, ms))
    const late = typeof lock?.untilAt === 'number' ? tooEarly(lock.untilAt - ms) : await count(countSignUp(names, ms))
    if (late !== null) throw late
  }

  function trimStatements(): Statement[] {
    attempts += 1
    return attempts % trimEveryAttempts === 0 ? [trimLocks()] : []
  }

  return {
    begin,
    countSignUp: addSignUp,
    cleanUp: () => deleteOldLocks(now()),
  }
}

function tooEarly(delayMs: number): AppError {
  const seconds = Math.ceil(delayMs / 1000)
  const headers = { 'Retry-After': String(seconds) }
  return new AppError('too_many_requests', `Too many attempts. Try again in ${seconds} s.`, { headers })
}
