/**
 * The bytes of messages that are not complete yet, counted for each client network and in all. Whoever holds them may
 * leave them incomplete for a while, so they are memory that clients dispose of.
 */
import type { CloseCode } from './close-codes.ts'
import { clientIncompleteBytesMax, incompleteBytesMax } from './limits.ts'

/** A connection whose message is incomplete. */
export interface Holder {
  /** The widest network that limits count by; null for a client that is not limited. */
  readonly network: string | null
  /** Kept by `IncompleteBytes`. */
  heldBytes: number
  end(code: CloseCode, reason: string): void
}

/** The holders of one network. */
class Network {
  readonly holders = new Set<Holder>()
  bytes = 0
}

export class IncompleteBytes {
  readonly #networks = new Map<string | null, Network>()
  #total = 0

  /** Notes how many bytes a connection holds now, and ends connections where these are too many. */
  hold(holder: Holder, bytes: number): void {
    if (bytes === holder.heldBytes) return
    const network = this.#count(holder, bytes)
    if (network.bytes > clientIncompleteBytesMax && holder.network !== null) {
      this.#end(holder, 1008, 'Too many incomplete messages from this network.')
    }
    while (this.#total > incompleteBytesMax) this.#endLargest()
  }

  #count(holder: Holder, bytes: number): Network {
    const network = this.#networks.get(holder.network) ?? new Network()
    network.bytes += bytes - holder.heldBytes
    this.#total += bytes - holder.heldBytes
    holder.heldBytes = bytes
    if (bytes > 0) network.holders.add(holder)
    else network.holders.delete(holder)
    if (network.holders.size > 0) this.#networks.set(holder.network, network)
    else this.#networks.delete(holder.network)
    return network
  }

  /** Ends the connection that holds most of the network that holds most, so that small clients keep theirs. */
  #endLargest(): void {
    const { holders } = largest(this.#networks.values(), ({ bytes }) => bytes)
    const holder = largest(holders, ({ heldBytes }) => heldBytes)
    this.#end(holder, 1013, 'The server has too many incomplete messages.')
  }

  #end(holder: Holder, code: CloseCode, reason: string): void {
    this.#count(holder, 0)
    holder.end(code, reason)
  }
}

function largest<T>(all: Iterable<T>, sizeOf: (each: T) => number): T {
  let found: T | null = null
  for (const each of all) if (found === null || sizeOf(each) > sizeOf(found)) found = each
  return found as T
}
