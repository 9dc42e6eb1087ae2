import { clientNetworksOf, isOwnMachine } from '../request/client-network.ts'
import type { Peer } from '../request/context.ts'

/**
 * The keys that limits count a client by, its own first, then those of the wider networks that it is in. The limit of each
 * is `widerShare` times that of the key before it. Empty for a client without limits.
 */
export type ClientKeys = readonly string[]

/** Networks are cached, because parsing an address costs more than all of a rate limit. */
const networksMax = 4096

const none: ClientKeys = []

interface NetworkKeys {
  anonymous: ClientKeys
  /** Of the signed-in users of the networks together, because accounts are easily made. */
  users: ClientKeys
}

/**
 * Makes the function that returns the keys of a client: the user and the networks, or the networks alone. A client without
 * a peer is this program, and one with a loopback address is on this machine, where an attacker needs no requests: neither
 * has limits.
 */
export function createClientKeys(): (userId: string | null, peer: Peer | null) => ClientKeys {
  const cache = new Map<string | null, NetworkKeys>()

  function keysOf(address: string | null): NetworkKeys {
    const known = cache.get(address)
    if (known !== undefined) return known
    if (cache.size >= networksMax) cache.clear()
    const keys = networkKeysOf(address)
    cache.set(address, keys)
    return keys
  }

  return (userId, peer) => {
    if (peer === null) return none
    const { anonymous, users } = keysOf(peer.address)
    return userId === null || anonymous.length === 0 ? anonymous : [userId, ...users]
  }
}

function networkKeysOf(address: string | null): NetworkKeys {
  const [own = 'unknown', ...wider] = clientNetworksOf(address)
  const anonymous = isOwnMachine(own) ? none : [own, ...wider]
  return { anonymous, users: anonymous.map((network) => `users of ${network}`) }
}
