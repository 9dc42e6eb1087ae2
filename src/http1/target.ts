/**
 * The request target and the URL it means, RFC 9112 §3.2 and §3.3. The URL is the authority and the target
 * joined, and never resolved against a base, where `//x/y` would name another host.
 */
import { HttpError } from './http-error.ts'

/** The URL of a request, in two parts. */
export interface Target {
  /** Scheme and authority in the normal form of URLs, such as `http://example.com:8080`. */
  origin: string
  /** Path and query as they came. */
  path: string
}

/** uri-host and port, RFC 9110 §7.2. The URL parser has the last word. */
const hostPattern = /^(?:[\w.~!$&'()*+;=%-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i

/**
 * Returns the origin that `Host` names.
 * @throws HttpError 400
 */
export function originOf(host: string, scheme: string): string {
  const origin = hostPattern.test(host) ? URL.parse(`${scheme}://${host}`)?.origin : undefined
  if (origin === undefined) throw new HttpError(400, 'Host must be a host name with an optional port.')
  return origin
}

const absolutePattern = /^(https?):\/\/([^/?]+)(.*)$/i

/**
 * Reads an absolute-form, whose authority must be the one in `Host` (RFC 9112 §3.2.2).
 * @throws HttpError 400, 421
 */
export function readAbsolute(text: string, hostOrigin: string | null, scheme: string): Target {
  const [, given = '', authority = '', path = ''] = absolutePattern.exec(text) ?? []
  if (authority === '') throw new HttpError(400, 'The request target must be a path or a URL.')
  const origin = originOf(authority, scheme)
  if (given.toLowerCase() !== scheme) throw new HttpError(421, `This connection serves ${scheme}.`)
  if (hostOrigin !== null && origin !== hostOrigin)
    throw new HttpError(400, 'The request target and Host must name the same host.')
  return { origin, path: path.startsWith('/') ? path : `/${path}` }
}

/** The URL of a target, as a `Request` shows it. */
export function urlOf({ origin, path }: Target, isAbnormal: boolean): string {
  const text = origin + path
  return isAbnormal ? new URL(text).href : text
}

/**
 * CONNECT alone has the authority-form, RFC 9112 §3.2.3; a server that is no proxy need not serve it.
 * @throws HttpError 400, 501
 */
export function rejectAuthorityForm(text: string): never {
  const isAuthority = hostPattern.test(text) && /:\d+$/.test(text) && URL.canParse(`http://${text}`)
  throw isAuthority
    ? new HttpError(501, 'CONNECT is not supported.')
    : new HttpError(400, 'The target of CONNECT must be a host and port.')
}
