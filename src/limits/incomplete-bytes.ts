/**
 * The bytes of messages and of bodies of requests that are not complete yet, counted for each client network and in all.
 * Whoever sends them may leave them incomplete for a while, so they are memory that clients dispose of.
 *
 * Most arrive whole and count nothing. One network may hold eight of the largest, and all together sixty.
 */
export const networkIncompleteBytesMax = 8 * 1088 * 1024
export const incompleteBytesMax = 64 * 1024 ** 2

/** A message or a body that is incomplete. */
export interface Holder {
  /** The widest network that limits count by; null for a client that is not limited. */
  readonly network: string | null
  /** Kept by `IncompleteBytes`. */
  heldBytes: number
  /** Ends it, because its network holds too much, or all together do. */
  end(tooMuchOf: 'network' | 'all'): void
}

/** The holders of one network. */
class Network {
  readonly holders = new Set<Holder>()
  bytes = 0
}

export class IncompleteBytes {
  readonly #networks = new Map<string | null, Network>()
  #total = 0

  /** Notes how many bytes a holder has now, and ends holders where these are too many. */
  hold(holder: Holder, bytes: number): void {
    if (bytes === holder.heldBytes) return
    const network = this.#count(holder, bytes)
    if (network.bytes > networkIncompleteBytesMax && holder.network !== null) {
      this.#end(holder, 'network')
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

  /** Ends the largest of the network that holds most, so that small clients keep theirs. */
  #endLargest(): void {
    const { holders } = largest(this.#networks.values(), ({ bytes }) => bytes)
    const holder = largest(holders, ({ heldBytes }) => heldBytes)
    this.#end(holder, 'all')
  }

  #end(holder: Holder, tooMuchOf: 'network' | 'all'): void {
    this.#count(holder, 0)
    holder.end(tooMuchOf)
  }
}

function largest<T>(all: Iterable<T>, sizeOf: (each: T) => number): T {
  let found: T | null = null
  for (const each of all) if (found === null || sizeOf(each) > sizeOf(found)) found = each
  return found as T
}
