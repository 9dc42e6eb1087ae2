import type { Limits } from '../../src/http1/limits.ts'

/** Counts open connections, in all and by client network, and refuses those beyond the limits. */
export class ConnectionCounts {
  readonly #limits: Limits
  #total = 0
  readonly #perNetwork = new Map<string, number>()

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** False when there are too many connections; then this one is not counted. */
  add(address: string): boolean {
    const network = networkOf(address)
    const count = this.#perNetwork.get(network) ?? 0
    if (this.#total >= this.#limits.connectionsMax || count >= this.#limits.connectionsPerAddressMax) return false
    this.#total += 1
    this.#perNetwork.set(network, count + 1)
    return true
  }

  remove(address: string): void {
    const network = networkOf(address)
    const count = (this.#perNetwork.get(network) ?? 1) - 1
    this.#total -= 1
    if (count === 0) this.#perNetwork.delete(network)
    else this.#perNetwork.set(network, count)
  }
}

const ipv6Groups = 8
/** A provider gives one customer a /64 of IPv6. */
const networkGroups = 4

/** The address, or for IPv6 its /64. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address
  const [head = '', tail = ''] = address.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const missing = ipv6Groups - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array.from({ length: missing }, () => '0'), ...groups(tail)]
  return all.slice(0, networkGroups).join(':')
}
