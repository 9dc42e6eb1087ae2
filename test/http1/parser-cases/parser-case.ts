/** The form of a case, and the requests that most cases vary. */
import type { Framing } from '../../../src/http1/framing.ts'
import type { HttpErrorStatus } from '../../../src/http1/http-error.ts'

/** The expected parts of a request; the case ignores all others. */
export interface Wanted {
  method?: string
  minorVersion?: number
  /** `Target.path`. */
  path?: string
  url?: string | null
  /** `name: value`. */
  fields?: readonly string[]
  framing?: Partial<Framing>
  body?: string
}

/** Bytes as latin1, and the requests in them or the status that refuses them. */
export interface ParserCase {
  /** A section of RFC 9112, or of another one that is named. */
  rfc: string
  name: string
  bytes: string
  wanted: readonly Wanted[] | HttpErrorStatus
  /** True when all requests are complete; then more may follow. */
  isComplete: boolean
}

export function refused(rfc: string, status: HttpErrorStatus, name: string, bytes: string): ParserCase {
  return { rfc, name, bytes, wanted: status, isComplete: true }
}

export function taken(rfc: string, name: string, bytes: string, ...wanted: Wanted[]): ParserCase {
  return { rfc, name, bytes, wanted, isComplete: true }
}

/** Nothing is wrong so far, and more must come. */
export function unfinished(rfc: string, name: string, bytes: string, ...wanted: Wanted[]): ParserCase {
  return { rfc, name, bytes, wanted, isComplete: false }
}

/** A head of these lines. */
export function head(...lines: string[]): string {
  return [...lines, '', ''].join('\r\n')
}

export function get(...fields: string[]): string {
  return head('GET / HTTP/1.1', 'Host: a.example', ...fields)
}

export function post(...fields: string[]): string {
  return head('POST / HTTP/1.1', 'Host: a.example', ...fields)
}

/** A chunked request with this for a body. */
export function chunked(body: string): string {
  return post('Transfer-Encoding: chunked') + body
}
