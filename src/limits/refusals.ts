import type { Peer } from '../request/context.ts'

/** Refusals in a row after which a connection ends. A client that waits as `Retry-After` says never gets there. */
export const refusalsMax = 100
/** A pause of this length ends a row: the shortest time that `Retry-After` asks for. */
const pauseMs = 1000
/** Connections that are counted. Only those of clients over their limit are. */
const connectionsMax = 4096

interface Row {
  count: number
  lastMs: number
}

/** Counts the refusals of each HTTP connection, so that a client over its limit that does not stop is cut. */
export class RefusalCounts {
  readonly #rows = new Map<string, Row>()

  /** Counts a refusal. True if it is the last one, so that the connection ends. False where the runtime shows no connections. */
  isLast({ address, port }: Peer, nowMs: number): boolean {
    if (port === undefined) return false
    const key = `${address} ${port}`
    const row = this.#rows.get(key)
    const count = row === undefined || nowMs - row.lastMs >= pauseMs ? 1 : row.count + 1
    if (count >= refusalsMax) return this.#rows.delete(key)
    if (row === undefined && this.#rows.size >= connectionsMax) this.#rows.clear()
    this.#rows.set(key, { count, lastMs: nowMs })
    return false
  }
}
