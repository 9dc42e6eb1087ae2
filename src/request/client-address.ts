import ipaddr from 'ipaddr.js'
import { AppError } from '../errors.ts'
import type { Peer } from './context.ts'
import { listOf } from './header-value.ts'

/** A range of addresses, such as 10.0.0.0/8. */
export type AddressRange = readonly [ipaddr.IPv4 | ipaddr.IPv6, number]

/** Parses ranges that the configuration has validated. */
export function parseRanges(texts: readonly string[]): AddressRange[] {
  return texts.map(parseRange).filter((range) => range !== null)
}

/** The range of an address or a CIDR notation; null when it is neither. */
export function parseRange(text: string): AddressRange | null {
  const [base = '', bits] = text.split('/')
  if (!isAddress(base)) return null
  if (bits === undefined) {
    const address = ipaddr.process(base)
    return [address, address.kind() === 'ipv4' ? 32 : 128]
  }
  return ipaddr.isValidCIDR(text) ? ipaddr.parseCIDR(text) : null
}

/** The deprecated IPv4-compatible form of IPv6, which ipaddr.js takes for the IPv4 address itself. */
const ipv4Compatible = /^::\d+\./

/** Excludes the short and octal forms of IPv4, which programs read differently. */
function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || (ipaddr.IPv6.isValid(text) && !ipv4Compatible.test(text))
}

/** True if the address is one of this machine itself. */
export function isLoopbackAddress(text: string | null): boolean {
  return text !== null && isAddress(text) && ipaddr.process(text).range() === 'loopback'
}

/** More hops than any request has. */
const hopsMax = 32

/**
 * Makes the function that finds the client behind trusted proxies: it reads `Forwarded` (RFC 7239) or
 * `X-Forwarded-For` from the end up to the first address that is not a trusted proxy, and `X-Forwarded-Proto` beside it.
 * From any other peer it ignores them.
 */
export function createClientPeer(trusted: readonly AddressRange[]): (request: Request, peer: Peer) => Peer {
  const isTrusted = (address: string | null) => address !== null && isInside(address, trusted)
  return (request, peer) => {
    if (trusted.length === 0 || !isTrusted(peer.address)) return peer
    const hops = readHops(request.headers).slice(-hopsMax)
    let client = peer
    while (isTrusted(client.address) && hops.length > 0) {
      const { address, isSecure } = hops.pop() as Hop
      // Earlier hops are hearsay: the client may have written them.
      if (address === undefined) return { address: client.address, isSecure }
      client = { address, isSecure }
    }
    return client
  }
}

function isInside(text: string, ranges: readonly AddressRange[]): boolean {
  if (!isAddress(text)) return false
  const address = ipaddr.process(text)
  return ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits))
}

/** One proxy's word on its client. */
interface Hop {
  /** Null for a client that hides, and undefined where the proxy names none. */
  address: string | null | undefined
  isSecure: boolean
}

/** @throws AppError `bad_request` when both headers are there and disagree, because one of them is then the client's own */
function readHops(headers: Headers): Hop[] {
  const forwarded = headers.get('forwarded')
  const list = headers.get('x-forwarded-for')
  const proto = headers.get('x-forwarded-proto')
  const protocols = proto === null ? [] : listOf(proto)
  const standard = forwarded === null ? null : readForwarded(forwarded, protocols)
  const common = list === null ? null : readList(list, protocols)
  if (standard !== null && common !== null && String(standard.map(nameOf)) !== String(common.map(nameOf))) {
    throw new AppError('bad_request', 'Forwarded and X-Forwarded-For disagree.')
  }
  const alone = protocols.length === 0 ? [] : [{ address: undefined, isSecure: isSecureAt(protocols, 0, 1) }]
  return standard ?? common ?? alone
}

function nameOf({ address }: Hop): string {
  return address ?? 'unknown'
}

/**
 * True if the client of this hop used HTTPS, by `X-Forwarded-Proto`: the value in the same place where each proxy has
 * added one to both lists, else the first, which is that of the proxy at the client.
 */
function isSecureAt(protocols: readonly string[], index: number, hops: number): boolean {
  const protocol = protocols.length === hops ? protocols[index] : protocols[0]
  return protocol?.toLowerCase() === 'https'
}

function readList(list: string, protocols: readonly string[]): Hop[] {
  const entries = listOf(list)
  return entries.map((entry, index) => ({
    address: addressOf(entry),
    isSecure: isSecureAt(protocols, index, entries.length),
  }))
}

const pairPattern = /(?:^|;)[ \t]*(for|proto)=(?:"((?:[^"\\]|\\.)*)"|([^;" \t]*))/gi

function readForwarded(text: string, protocols: readonly string[]): Hop[] {
  const elements = text.split(',')
  return elements.map((element, index) => {
    const pairs = new Map(
      [...element.matchAll(pairPattern)].map(([, name = '', a, b]) => [name.toLowerCase(), a ?? b ?? '']),
    )
    const [node, protocol] = [pairs.get('for'), pairs.get('proto')?.toLowerCase()]
    return {
      address: node === undefined ? undefined : addressOf(node),
      isSecure: protocol === undefined ? isSecureAt(protocols, index, elements.length) : protocol === 'https',
    }
  })
}

/** Without brackets and port, and a mapped IPv4 address as IPv4; null for `unknown` and obfuscated names. */
function addressOf(node: string): string | null {
  const bare = /^\[(.+)\](?::\d+)?$/.exec(node)?.[1] ?? /^([\d.]+)(?::\d+)?$/.exec(node)?.[1] ?? node
  return isAddress(bare) ? ipaddr.process(bare).toString() : null
}
