/**
 * The request line, RFC 9112 §3: `method SP request-target SP HTTP-version CRLF`, with single blanks and
 * nothing around them. Scans once, and can stop and resume at any byte.
 */
import { ABNORMAL, CR, classes, LF, PATH, QUERY, SP, TOKEN } from './grammar.ts'
import { HttpError } from './http-error.ts'
import type { Limits } from './limits.ts'

const questionMark = 0x3f
const zero = 0x30

type State = 'method' | 'path' | 'query' | 'version' | 'lf'

/** Scans one request line; offsets count from its start. */
export class RequestLineScanner {
  readonly #bytesMax: number
  #state: State = 'method'
  methodEnd = 0
  targetEnd = 0
  /** True if the target may differ from its normal form in a URL. */
  isAbnormal = false
  minorVersion = 1

  constructor({ requestLineBytesMax }: Limits) {
    this.#bytesMax = requestLineBytesMax
  }

  /**
   * Scans from where it stopped, and returns the offset after the line, or -1 when it needs more.
   * @param base the start of the line; the same bytes must follow it at every call
   * @throws HttpError 400, 414, 505
   */
  scan(bytes: Uint8Array, base: number, from: number, end: number): number {
    const stop = Math.min(end, base + this.#bytesMax)
    let index = from
    if (this.#state === 'method') {
      while (index < stop && (classes[bytes[index]!]! & TOKEN) !== 0) index += 1
      if (index < stop) {
        if (bytes[index] !== SP || index === base)
          throw new HttpError(400, 'The method of the request line is invalid.')
        this.methodEnd = index - base
        this.isAbnormal = false
        this.#state = 'path'
        index += 1
      }
    }
    if (this.#state === 'path' || this.#state === 'query') index = this.#scanTarget(bytes, base, index, stop)
    if (this.#state === 'version') index = this.#scanVersion(bytes, base, index, stop)
    if (this.#state === 'lf' && index < stop) {
      if (bytes[index] !== LF) throw new HttpError(400, 'The request line ends with a bare CR.')
      this.#state = 'method'
      return index + 1
    }
    if (index - base >= this.#bytesMax) throw new HttpError(414, 'The request line is too long.')
    return -1
  }

  #scanTarget(bytes: Uint8Array, base: number, from: number, stop: number): number {
    let index = from
    let seen = 0
    if (this.#state === 'path') {
      while (index < stop) {
        const byteClass = classes[bytes[index]!]!
        if ((byteClass & PATH) === 0) break
        seen |= byteClass
        index += 1
      }
      if (index < stop && bytes[index] === questionMark) this.#state = 'query'
    }
    if (this.#state === 'query') {
      while (index < stop) {
        const byteClass = classes[bytes[index]!]!
        if ((byteClass & QUERY) === 0) break
        seen |= byteClass
        index += 1
      }
    }
    if ((seen & ABNORMAL) !== 0) this.isAbnormal = true
    if (index === stop) return index
    if (bytes[index] !== SP || index - base === this.methodEnd + 1) {
      throw new HttpError(400, 'The request target is empty or contains a byte that must be percent-encoded.')
    }
    this.targetEnd = index - base
    this.#state = 'version'
    return index + 1
  }

  /** `HTTP-version = "HTTP/" DIGIT "." DIGIT`, RFC 9112 §2.3. Any 1.x beyond 1.0 is served as 1.1. */
  #scanVersion(bytes: Uint8Array, base: number, from: number, stop: number): number {
    const start = base + this.targetEnd + 1
    for (let index = from; index < stop; index++) {
      const byte = bytes[index]!
      const at = index - start
      if (at === version.length) {
        if (byte !== CR) throw new HttpError(400, 'The request line must have three parts.')
        this.#state = 'lf'
        return index + 1
      }
      const isDigit = byte >= zero && byte <= zero + 9
      if (at === majorAt || at === minorAt ? !isDigit : byte !== version[at]) {
        throw new HttpError(400, 'The request line must end with an HTTP version.')
      }
      if (at === minorAt) this.#setVersion(bytes[start + majorAt]! - zero, byte - zero)
    }
    return stop
  }

  #setVersion(major: number, minor: number): void {
    if (major !== 1) throw new HttpError(505, 'This server supports HTTP/1.1 only.')
    this.minorVersion = minor === 0 ? 0 : 1
  }
}

const version = new TextEncoder().encode('HTTP/1.1')
const majorAt = 5
const minorAt = 7
