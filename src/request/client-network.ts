import ipaddr from 'ipaddr.js'

/** A provider gives each customer 2^64 addresses or more of IPv6, so one customer is so many of its 16-bit parts. */
const customerParts = 4

/** Where a request comes from, as far as limits care: an IPv4 address, or an IPv6 network of one customer; '' for unknown. */
export function clientNetworkOf(address: string | null): string {
  if (address === null || !ipaddr.isValid(address)) return ''
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const parts = (parsed as ipaddr.IPv6).parts.slice(0, customerParts)
  return `${parts.map((part) => part.toString(16)).join(':')}::/64`
}
