/**
 * The addresses to which webhooks are sent. An administrator enters the URL, but the server must not become a way into the network
 * that it stands in (server-side request forgery).
 *
 * | address | https | http |
 * |---|---|---|
 * | public | yes | no |
 * | private, in a network that the operator allows | yes | yes |
 * | any other: loopback, link-local, shared, multicast, reserved, IPv4 inside of IPv6 | no | no |
 */
import ipaddr from 'ipaddr.js'
import { type AddressRange, parseRanges } from '../request/client-address.ts'
import { urlLengthMax } from './limits.ts'

/** A URL or address that is not allowed. The message is for the administrator. */
export class DestinationError extends Error {
  override readonly name = 'DestinationError'
}

/** Decides by the networks of private addresses that are allowed. */
export class Destinations {
  readonly #networks: readonly AddressRange[]

  constructor(networks: readonly string[]) {
    this.#networks = parseRanges(networks)
  }

  /**
   * Checks all that a URL tells without looking up its name. The URL parser has turned other forms of an address, such as `0x7f.1`,
   * into the usual one.
   * @throws DestinationError
   */
  parse(text: string): URL {
    const url = text.length <= urlLengthMax ? URL.parse(text) : null
    if (url === null) throw new DestinationError(`must be a URL of ${urlLengthMax} characters or fewer`)
    if (url.protocol !== 'https:' && (url.protocol !== 'http:' || this.#networks.length === 0))
      throw new DestinationError('must begin with https://')
    if (url.username !== '' || url.password !== '') throw new DestinationError('must not hold a user or password')
    const address = addressIn(url)
    if (address !== null) this.check(address, url)
    return url
  }

  /** Checks an address that the name of a URL stands for. @throws DestinationError */
  check(address: string, { protocol }: Pick<URL, 'protocol'>): void {
    if (this.#isListed(address)) return
    if (!isPublic(address)) throw new DestinationError(`must not lead to the private address ${address}`)
    if (protocol !== 'https:') throw new DestinationError('must begin with https://, because its address is public')
  }

  #isListed(address: string): boolean {
    if (!ipaddr.isValid(address)) return false
    const parsed = ipaddr.process(address)
    return this.#networks.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits))
  }
}

/** The address that a URL names; null for a name that has to be looked up. */
export function addressIn({ hostname }: Pick<URL, 'hostname'>): string | null {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  if (ipaddr.isValid(bare)) return bare
  // These never leave the machine (RFC 6761).
  return /(^|\.)localhost\.?$/.test(bare) ? '127.0.0.1' : null
}

/** The global addresses of IPv6; all others, of today and tomorrow, are for special uses. */
const globalIpv6 = ipaddr.IPv6.parseCIDR('2000::/3')

function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  // Not `process`: an IPv4 address inside of an IPv6 one may reach any network that translates it.
  return parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(globalIpv6))
}
