import { AppError } from '../errors.ts'

/** Behind the one that runs. At a third of a second each, the last of them waits for some seconds. */
const waitingMax = 8

/**
 * Runs work that costs as much as scrypt, one after the other for each place, so that whoever asks from elsewhere waits for
 * one of it at most; more than may wait is refused. In memory: what runs ends soon.
 */
export interface KeyedQueue {
  /** @throws AppError `too_many_requests` */
  run<T>(place: string, work: () => Promise<T>): Promise<T>
}

export function createKeyedQueue(): KeyedQueue {
  const places = new Map<string, (() => void)[]>()

  async function takeTurn(place: string): Promise<void> {
    const waiting = places.get(place)
    if (waiting === undefined) {
      places.set(place, [])
      return
    }
    if (waiting.length >= waitingMax) {
      throw new AppError('too_many_requests', undefined, { headers: { 'Retry-After': '1' } })
    }
    await new Promise<void>((resolve) => waiting.push(resolve))
  }

  /** Hands the turn on, so nobody who comes later gets in between. */
  function endTurn(place: string): void {
    const next = places.get(place)?.shift()
    if (next) next()
    else places.delete(place)
  }

  return {
    async run(place, work) {
      // Nothing is known of some clients' addresses, so they are not one place.
      if (place === '') return await work()
      await takeTurn(place)
      try {
        return await work()
      } finally {
        endTurn(place)
      }
    },
  }
}
