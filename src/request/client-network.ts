import ipaddr from 'ipaddr.js'

/** Providers give each customer 2^64 addresses of IPv6 or more. */
const customerBits = 64

/** The network of one client, for limits: an IPv4 address, or an IPv6 /64; '' for an unknown address. */
export function clientNetworkOf(address: string | null): string {
  if (address === null || !ipaddr.isValid(address)) return ''
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const cidr = `${parsed.toString()}/${customerBits}`
  return `${ipaddr.IPv6.networkAddressFromCIDR(cidr).toString()}/${customerBits}`
}
