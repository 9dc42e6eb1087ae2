import { AppError } from '../errors.ts'
import type { CallId } from './call.ts'
import { requestsMax } from './limits.ts'

/** The requests of one connection that have no response yet. */
export class InFlight {
  readonly #calls = new Map<CallId, PendingCall>()

  get size(): number {
    return this.#calls.size
  }

  has(id: CallId): boolean {
    return this.#calls.has(id)
  }

  /** @throws AppError `too_many_requests` */
  checkRoom(): void {
    if (this.#calls.size < requestsMax) return
    throw new AppError('too_many_requests', `At most ${requestsMax} requests at a time: wait for responses.`)
  }

  begin(id: CallId, flight: PendingCall): void {
    this.#calls.set(id, flight)
  }

  end(id: CallId): void {
    this.#calls.delete(id)
  }

  /** Cancels a request; false when there is none with this id. */
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

export interface PendingCall {
  /** Stops the work: its response is no longer wanted. */
  cancel(): void
}
