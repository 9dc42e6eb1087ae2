import { AppError } from '../errors.ts'
import { isLoopbackAddress } from '../request/client-address.ts'

const localName = /^(.+\.)?localhost$/

/** True if a server that listens on this host name or address can be reached from this machine alone. */
export function isLoopback(hostname: string): boolean {
  return localName.test(hostname) || isLoopbackAddress(hostname.replace(/^\[(.*)\]$/, '$1'))
}

/** A host with an optional port (RFC 9110 §7.2), narrower than URLs take it: runtimes build one from it. */
const authority = /^([\w.-]+|\[[\da-f:.]+\])(:\d{0,5})?$/i

/**
 * Makes the check that `Host` is well formed and one of the server's own names, which stops DNS rebinding. With
 * `hosts` null every name passes. A request without `Host`, as HTTP/1.0 allows, is not from a browser and passes too.
 */
export function createHostCheck(hosts: readonly string[] | null): (request: Request) => void {
  const names = hosts && new Set(hosts.map((name) => name.toLowerCase()))
  let lastGood: string | null = null
  return function checkHost({ headers }) {
    const host = headers.get('host')
    if (host === lastGood || host === null) return
    const name = hostnameOf(host)
    if (names && !names.has(name) && !isLoopback(name)) throw new AppError('misdirected_request')
    lastGood = host
  }
}

function hostnameOf(host: string): string {
  const hostname = authority.test(host) ? URL.parse(`http://${host}`)?.hostname : undefined
  if (hostname === undefined)
    throw new AppError('bad_request', 'The Host header must be a host name with an optional port.')
  return hostname
}
