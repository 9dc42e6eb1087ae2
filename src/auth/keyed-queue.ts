import { AppError } from '../errors.ts'

/** Waiting work of one key. At a third of a second each, the last one waits a few seconds. */
const waitingMax = 8

/**
 * Runs work as expensive as scrypt one at a time for each key, such as a client network, so that one client can't delay
 * the others by more than one piece of work. The queue is in memory, since the work is short.
 */
export interface KeyedQueue {
  /** @throws AppError `too_many_requests` when too much work of this key waits */
  run<T>(key: string, work: () => Promise<T>): Promise<T>
}

export function createKeyedQueue(): KeyedQueue {
  const queues = new Map<string, (() => void)[]>()

  async function waitForTurn(key: string): Promise<void> {
    const waiting = queues.get(key)
    if (waiting === undefined) {
      queues.set(key, [])
      return
    }
    if (waiting.length >= waitingMax) {
      throw new AppError('too_many_requests', undefined, { headers: { 'Retry-After': '1' } })
    }
    await new Promise<void>((resolve) => waiting.push(resolve))
  }

  /** Passes the turn on directly, so that newer work can't overtake. */
  function endTurn(key: string): void {
    const next = queues.get(key)?.shift()
    if (next) next()
    else queues.delete(key)
  }

  return {
    async run(key, work) {
      // Clients without a known address are not one client.
      if (key === '') return await work()
      await waitForTurn(key)
      try {
        return await work()
      } finally {
        endTurn(key)
      }
    },
  }
}
