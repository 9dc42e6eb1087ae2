import type { FieldBlock } from './fields.ts'
import type { Framing } from './framing.ts'
import type { Header } from './header-cache.ts'
import { HttpError } from './http-error.ts'
import type { Limits } from './limits.ts'
import { originOf, readAbsolute, rejectAuthorityForm, type Target } from './target.ts'

/** A request without its body. */
export interface RequestHead {
  readonly type: 'head'
  readonly method: string
  /** Null for `OPTIONS *`, which concerns the server as a whole. */
  readonly target: Target | null
  /** True if the target may differ from its normal form in a URL. */
  readonly isAbnormal: boolean
  /** 0 for HTTP/1.0, 1 for HTTP/1.1. */
  readonly minorVersion: number
  readonly fields: FieldBlock
  readonly framing: Framing
}

/** The request line, taken apart. */
export interface RequestLine {
  method: string
  target: string
  isAbnormal: boolean
  minorVersion: number
}

/** The rules that a head must satisfy. */
export interface HeadRules {
  limits: Limits
  scheme: 'http' | 'https'
  /** The authority of a request of HTTP/1.0 without `Host`. */
  authority: string
}

/**
 * Combines request line and fields.
 * @throws HttpError 400, 413, 421, 501
 */
export function makeHead(line: RequestLine, header: Header, rules: HeadRules): RequestHead {
  const { fields, framing } = header
  const { method, minorVersion, isAbnormal } = line
  if (minorVersion === 0 && framing.hasTransferEncoding) {
    throw new HttpError(400, 'HTTP/1.0 has no Transfer-Encoding.')
  }
  if (framing.contentLength > rules.limits.bodyBytesMax) throw new HttpError(413, 'The body is too large.')
  const target = readTarget(line, header.origin, rules)
  return { type: 'head', method, target, isAbnormal, minorVersion, fields, framing }
}

/** The four forms of RFC 9112 §3.2. */
function readTarget(
  { method, target, minorVersion }: RequestLine,
  named: string | null,
  rules: HeadRules,
): Target | null {
  if (named === null && minorVersion > 0) throw new HttpError(400, 'Host is missing.')
  const origin = named ?? originOf(rules.authority, rules.scheme)
  if (method === 'CONNECT') rejectAuthorityForm(target)
  if (target.startsWith('/')) return { origin, path: target }
  if (target !== '*') return readAbsolute(target, named, rules.scheme)
  if (method !== 'OPTIONS') throw new HttpError(400, 'Only OPTIONS may have the target *.')
  return null
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']
const spellings = methods.map((name) => ({ name, bytes: new TextEncoder().encode(name) }))

/** Returns the method that these bytes spell, if it is a usual one. */
export function usualMethod(bytes: Uint8Array, start: number, end: number): string | null {
  for (const { name, bytes: spelling } of spellings) if (isSpelled(bytes, start, end, spelling)) return name
  return null
}

function isSpelled(bytes: Uint8Array, start: number, end: number, spelling: Uint8Array): boolean {
  if (spelling.length !== end - start) return false
  for (let index = 0; index < spelling.length; index++) if (spelling[index] !== bytes[start + index]) return false
  return true
}

/**
 * Rejects methods that no `Request` can have: TRACE, and those that differ only by case from one that it has (methods are case-sensitive, RFC 9110 §9.1).
 * @throws HttpError 501
 */
export function checkMethod(method: string): void {
  const upper = method.toUpperCase()
  if (upper === 'TRACE' || upper === 'TRACK' || (upper !== method && [...methods, 'CONNECT'].includes(upper))) {
    throw new HttpError(501, `The method ${method} is not supported.`)
  }
}
