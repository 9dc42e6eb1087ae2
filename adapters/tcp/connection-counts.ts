import type { Limits } from '../../src/http1/limits.ts'
import { clientNetworksOf, widerShare } from '../../src/request/client-network.ts'

/** Wider networks of IPv6 together never have more than this share of all connections. */
const networkShareMax = 0.5

/** Counts open connections, in all and by the networks of the client, and refuses those beyond the limits. */
export class ConnectionCounts {
  readonly #limits: Limits
  #total = 0
  readonly #perNetwork = new Map<string, number>()

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** False when there are too many connections; then this one is not counted. */
  add(address: string): boolean {
    const networks = networksOf(address)
    const isFull = networks.some((network, index) => this.#countOf(network) >= this.#maxOf(index))
    if (isFull || this.#total >= this.#limits.connectionsMax) return false
    this.#total += 1
    for (const network of networks) this.#perNetwork.set(network, this.#countOf(network) + 1)
    return true
  }

  remove(address: string): void {
    this.#total -= 1
    for (const network of networksOf(address)) {
      const count = this.#countOf(network) - 1
      if (count <= 0) this.#perNetwork.delete(network)
      else this.#perNetwork.set(network, count)
    }
  }

  #countOf(network: string): number {
    return this.#perNetwork.get(network) ?? 0
  }

  #maxOf(index: number): number {
    const { connectionsMax, connectionsPerAddressMax: own } = this.#limits
    return Math.max(own, Math.min(own * widerShare ** index, connectionsMax * networkShareMax))
  }
}

/** An unknown address counts like a network. */
function networksOf(address: string): readonly string[] {
  const networks = clientNetworksOf(address)
  return networks.length === 0 ? [address] : networks
}
