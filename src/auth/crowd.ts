import { AppError } from '../errors.ts'

/** A fraction of what may wait for scrypt at all, so that one address never takes every place in that queue. */
const atOnceMax = 8

/** Runs work that costs as much as scrypt, so much at once for each place; more is refused. In memory: what runs ends soon. */
export interface Crowd {
  /** @throws AppError `too_many_requests` */
  join<T>(place: string, work: () => Promise<T>): Promise<T>
}

export function createCrowd(): Crowd {
  const working = new Map<string, number>()
  return {
    async join(place, work) {
      const others = working.get(place) ?? 0
      // Nothing is known of some clients' addresses, so they are not one place.
      if (others >= atOnceMax && place !== '') {
        throw new AppError('too_many_requests', undefined, { headers: { 'Retry-After': '1' } })
      }
      working.set(place, others + 1)
      try {
        return await work()
      } finally {
        const left = (working.get(place) ?? 1) - 1
        if (left === 0) working.delete(place)
        else working.set(place, left)
      }
    },
  }
}
