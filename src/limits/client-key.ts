import { clientNetworkOf } from '../request/client-network.ts'
import type { Peer } from '../request/context.ts'

/** Networks that are kept at hand, because to read one costs more than all else here. */
const networksMax = 4096

/**
 * Makes the function that tells whose bucket a request is to be taken from: the user's, else that of the client's
 * address, of which IPv6 counts by /64, because that is what one household or one rented machine has. Null for who is
 * not limited: a call without a peer comes from this very program, and one from a loopback address from this very
 * machine, where somebody who means harm needs no requests.
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
