import { clientNetworkOf } from '../request/client-address.ts'
import type { Peer } from '../request/context.ts'

/** Networks are cached, because parsing an address costs more than the rest of this function. */
const networksMax = 4096

/**
 * Makes the function that returns the bucket of a request: the user's, else the client network's, for IPv6 a /64, the
 * share of a household or a rented machine. Null for requests without a limit: those without a peer come from this
 * program, those from a loopback address from this machine, where an attacker needs no requests.
 */
export function createClientKey(): (userId: string | null, peer: Peer | null) => string | null {
  const networks = new Map<string, string>()

  function networkOf(address: string): string {
    const known = networks.get(address)
    if (known !== undefined) return known
    if (networks.size >= networksMax) networks.clear()
    const network = clientNetworkOf(address)
    networks.set(address, network)
    return network
  }

  return (userId, peer) => {
    if (peer === null) return null
    const { address } = peer
    if (address === '::1') return null
    const key = address === null ? '' : address.includes(':') ? networkOf(address) : address
    if (key.startsWith('127.')) return null
    return userId ?? (key === '' ? 'unknown' : key)
  }
}
