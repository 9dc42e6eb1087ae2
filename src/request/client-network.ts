/**
 * The networks that clients are counted by. One client is an IPv4 address or an IPv6 /64, but a provider gives one customer
 * a /56 or a /48 of IPv6 (RIPE-690), which are 256 and 65,536 of them. So limits count these too, with a larger share.
 */
import ipaddr from 'ipaddr.js'

const prefixBits = [64, 56, 48]

/**
 * The limit of a network is this many times that of the network in it: a /56 has 4 times as much as a client, a /48 has 16
 * times as much. Phones of one carrier share a /48; behind IPv4 they would share an address.
 */
export const widerShare = 4

/** The loopback address of IPv6, which is no network. */
const ownAddress = '::1'

/** True if the narrowest network of a client is this machine. */
export function isOwnMachine(network: string | undefined): boolean {
  return network !== undefined && (network.startsWith('127.') || network === ownAddress)
}

/** The networks of an address, the narrowest first: the IPv4 address alone, or the IPv6 /64, /56 and /48. None for an unknown address. */
export function clientNetworksOf(address: string | null): readonly string[] {
  if (address === null || !ipaddr.isValid(address)) return []
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return [parsed.toString()]
  const text = parsed.toString()
  if (text === ownAddress) return [text]
  return prefixBits.map((bits) => {
    const cidr = `${text}/${bits}`
    return `${ipaddr.IPv6.networkAddressFromCIDR(cidr).toString()}/${bits}`
  })
}
