import { AppError } from '../errors.ts'
import type { CallId } from './call.ts'
import { requestsMax } from './limits.ts'

/** The calls of one session that have no answer yet, and how each is given up. */
export class InFlight {
  readonly #calls = new Map<CallId, Flight>()

  get size(): number {
    return this.#calls.size
  }

  has(id: CallId): boolean {
    return this.#calls.has(id)
  }

  /** @throws AppError `too_many_requests` */
  checkRoom(): void {
    if (this.#calls.size < requestsMax) return
    throw new AppError('too_many_requests', `Only ${requestsMax} requests at a time: wait for some answers.`)
  }

  begin(id: CallId, flight: Flight): void {
    this.#calls.set(id, flight)
  }

  end(id: CallId): void {
    this.#calls.delete(id)
  }

  /** Gives a call up; false when there is none. */
  cancel(id: CallId): boolean {
    const flight = this.#calls.get(id)
    if (flight === undefined) return false
    this.#calls.delete(id)
    flight.cancel()
    return true
  }

  cancelAll(): void {
    for (const id of this.#calls.keys()) this.cancel(id)
  }
}

export interface Flight {
  /** Nobody waits for the answer any more. */
  cancel(): void
}
