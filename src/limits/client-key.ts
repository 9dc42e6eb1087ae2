import type { Peer } from '../context.ts'

/** Networks that are kept at hand, because to read one costs more than all else here. */
const networksMax = 4096
const mappedPrefix = '::ffff:'

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
    const network = ipv6Network(address)
    networks.set(address, network)
    return network
  }

  return (userId, peer) => {
    if (peer === null) return null
    const { address } = peer
    if (address === null) return userId ?? 'unknown'
    const key = address.includes(':') ? networkOf(address) : address
    if (key.startsWith('127.') || key === '::1') return null
    return userId ?? key
  }
}

/** The /64 of an IPv6 address as sixteen hex digits and `::/64`; an IPv4 address in it, and the loopback one, as such. */
function ipv6Network(address: string): string {
  const text = address.toLowerCase()
  if (text.startsWith(mappedPrefix) && text.includes('.')) return text.slice(mappedPrefix.length)
  const [head = '', tail] = withoutZone(text).split('::')
  const left = groupsOf(head)
  const right = tail === undefined ? [] : groupsOf(tail)
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  const groups = tail === undefined ? left : [...left, ...zeros, ...right]
  const isLoopback = Number.parseInt(groups.join(''), 16) === 1
  return isLoopback
    ? '::1'
    : `${groups
        .slice(0, 4)
        .map((group) => group.padStart(4, '0'))
        .join('')}::/64`
}

function withoutZone(text: string): string {
  const zone = text.indexOf('%')
  return zone === -1 ? text : text.slice(0, zone)
}

/** An IPv4 address at the end stands for two groups, which the /64 never reaches. */
function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':').flatMap((group) => (group.includes('.') ? ['0', '2'] : [group]))
}
