/**
 * The deliveries that wait or run, by endpoint, as far as this process knows: counting them in each write would take a millisecond
 * while an endpoint is down, at the cost of everybody who writes.
 */
import type { Database } from '../ports/database.ts'
import { waitingDeliveriesMax } from './limits.ts'
import { countDeliveries, endpointOfJob } from './store/queue.ts'

export class Backlog {
  readonly #database: Pick<Database, 'read'>
  #counts = new Map<string, number>()
  #full: readonly string[] = []

  constructor(database: Pick<Database, 'read'>) {
    this.#database = database
  }

  /** The endpoints that have no room for another. */
  get full(): readonly string[] {
    return this.#full
  }

  async count(): Promise<void> {
    const rows = await this.#database.read(countDeliveries())
    this.#counts = new Map(rows.map(({ job, count }) => [endpointOfJob(String(job)), Number(count)]))
    this.#update()
  }

  /** To be called with 1 when a delivery is enqueued, and with -1 when it is done. */
  add(endpoint: string, change: 1 | -1): void {
    const before = this.#counts.get(endpoint) ?? 0
    const after = Math.max(0, before + change)
    if (after === 0) this.#counts.delete(endpoint)
    else this.#counts.set(endpoint, after)
    if (Math.max(before, after) === waitingDeliveriesMax) this.#update()
  }

  #update(): void {
    this.#full = [...this.#counts].filter(([, count]) => count >= waitingDeliveriesMax).map(([endpoint]) => endpoint)
  }
}
