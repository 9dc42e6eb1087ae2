/**
 * Hashing passwords is the most expensive work that strangers can ask for, so it is shared out fairly: one password at a
 * time for each client network, and turns for the /48, /56 and /64 of IPv6 in it. Networks from which somebody has signed
 * in before have a lane of their own, which strangers can't fill however many networks they have. It is by the network alone,
 * since by the user it would tell which accounts have signed in from it.
 */
import { FairQueue } from '../limits/fair-queue.ts'
import { KeyedQueue } from '../limits/keyed-queue.ts'
import type { Platform } from '../ports/platform.ts'
import { findAnyUse } from './store/networks.ts'

/** Passwords of one client network that wait for their hash. At a third of a second each, the last one waits a few seconds. */
const networkWaitingMax = 8
/** Passwords with the port, which hashes about as many at once. Those with the port keep their order. */
const runningMax = 4
/** Networks that wait. At a tenth of a second each, the last one waits some seconds. */
const waitingMax = 64

export interface PasswordQueue {
  /**
   * Runs work that hashes a password, when its turn has come.
   * @param networks of the client, the narrowest first
   * @throws AppError `too_many_requests`, `busy` when too many passwords of its network wait
   */
  run<T>(networks: readonly string[], work: () => Promise<T>): Promise<T>
}

export function createPasswordQueue({ database }: Pick<Platform, 'database'>): PasswordQueue {
  const networkQueue = new KeyedQueue(networkWaitingMax)
  const fairQueue = new FairQueue({ runningMax, waitingMax })

  async function isKnown(network: string): Promise<boolean> {
    return (await database.read(findAnyUse(network))).length > 0
  }

  return {
    run: ([network = '', ...wider], work) =>
      networkQueue.run(network, async () => {
        const lane = (await isKnown(network)) ? 'urgent' : 'usual'
        return await fairQueue.run(lane, [...wider.toReversed(), network], work)
      }),
  }
}
