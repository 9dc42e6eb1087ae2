/**
 * Parses requests from bytes: `feed` takes bytes, `next` returns one event after the other, and null when it needs more
 * bytes. No byte is scanned twice. Bytes are copied only of a head that comes in parts, and of pipelined requests.
 */
import { ChunkedDecoder } from './chunked.ts'
import { type Codec, copyOf } from './codec.ts'
import { FieldScanner } from './fields.ts'
import { readFraming } from './framing.ts'
import { CR, LF } from './grammar.ts'
import type { Header, HeaderCache } from './header-cache.ts'
import { HttpError } from './http-error.ts'
import {
  checkMethod,
  type HeadRules,
  makeHead,
  type RequestHead,
  type RequestLine,
  usualMethod,
} from './request-head.ts'
import { RequestLineScanner } from './request-line.ts'
import { originOf } from './target.ts'

/** For each request one head, any number of data events, and one end. Data are borrowed from the fed bytes: copy them to keep them. */
export type RequestEvent = RequestHead | { type: 'data'; bytes: Uint8Array } | { type: 'end' }

/** The options that the parsers of a server share. */
export interface ParserOptions extends HeadRules {
  codec: Codec
  headerCache: HeaderCache
  /** Idle scanners for reuse; a parser holds one only while a head comes in parts. */
  spare: { line: RequestLineScanner | null; fields: FieldScanner | null }
}

/** The empty lines that a client may send before a request, RFC 9112 §2.2. */
const emptyLinesMax = 2
const end = { type: 'end' } as const
const none = new Uint8Array(0)

type State = 'line' | 'fields' | 'length' | 'chunked' | 'ended' | 'broken'

/** Parses the requests of one connection. After an error it ignores further bytes. */
export class RequestParser {
  readonly #options: ParserOptions
  #state: State = 'line'
  /** The bytes to parse: `#bytes` from `#position` to `#end`, of which a head is scanned up to `#scanned`. */
  #bytes: Uint8Array = none
  #position = 0
  #scanned = 0
  #end = 0
  /** True if `#bytes` is this parser's own copy. */
  #isOwn = false
  #emptyLineBytes = 0
  #lineScanner: RequestLineScanner | null = null
  #fieldScanner: FieldScanner | null = null
  #line: RequestLine | null = null
  #bodyBytesLeft = 0
  #decoder: ChunkedDecoder | null = null

  constructor(options: ParserOptions) {
    this.#options = options
  }

  /** The number of bytes that wait: of a head in parts, or of pipelined requests. */
  get waitingBytes(): number {
    return this.#end - this.#position
  }

  /** True if part of a head has come and not all of it. */
  get isInHead(): boolean {
    return (
      this.#state === 'fields' || (this.#state === 'line' && (this.#end > this.#position || this.#emptyLineBytes > 0))
    )
  }

  /** The bytes left of a body; Infinity for a chunked one. */
  get bodyBytesLeft(): number {
    return this.#bodyBytesLeft === -1 ? Number.POSITIVE_INFINITY : this.#bodyBytesLeft
  }

  /** Takes bytes, which are borrowed until `keep`. */
  feed(bytes: Uint8Array, start: number, endOfBytes: number): void {
    if (this.#position < this.#end) {
      this.#append(bytes, start, endOfBytes)
      return
    }
    this.#bytes = bytes
    this.#isOwn = false
    this.#position = start
    this.#scanned = start
    this.#end = endOfBytes
  }

  /** Copies the rest of borrowed bytes; call it before their owner reuses the memory. */
  keep(): void {
    if (this.#position < this.#end) {
      if (!this.#isOwn) this.#own(this.#end - this.#position)
      return
    }
    this.#bytes = none
    this.#position = this.#scanned = this.#end = 0
  }

  /** Returns a copy of the waiting bytes, for another protocol that takes the connection over. */
  rest(): Uint8Array {
    return copyOf(this.#bytes.subarray(this.#position, this.#end))
  }

  /** @throws HttpError when the bytes are not HTTP or beyond a limit */
  next(): RequestEvent | null {
    try {
      switch (this.#state) {
        case 'line':
        case 'fields':
          return this.#nextHead()
        case 'length':
          return this.#nextData()
        case 'chunked':
          return this.#nextChunk()
        case 'ended':
          this.#state = 'line'
          return end
        default:
          return null
      }
    } catch (error) {
      this.#state = 'broken'
      this.#position = this.#end
      throw error
    }
  }

  #nextHead(): RequestHead | null {
    if (this.#state === 'line' && !this.#scanLine()) return null
    const header = this.#scanFields()
    if (header === null) return null
    const head = makeHead(this.#line as RequestLine, header, this.#options)
    this.#line = null
    this.#startBody(head.framing.contentLength)
    return head
  }

  #scanLine(): boolean {
    if (this.#scanned === this.#position && !this.#skipEmptyLines()) return false
    const { limits, spare } = this.#options
    const scanner = this.#lineScanner ?? spare.line ?? new RequestLineScanner(limits)
    spare.line = null
    const after = scanner.scan(this.#bytes, this.#position, this.#scanned, this.#end)
    if (after === -1) {
      this.#lineScanner = scanner
      this.#scanned = this.#end
      return false
    }
    this.#line = this.#readLine(scanner)
    this.#lineScanner = null
    spare.line = scanner
    this.#position = this.#scanned = after
    this.#emptyLineBytes = 0
    this.#state = 'fields'
    return true
  }

  #readLine({ methodEnd, targetEnd, isAbnormal, minorVersion }: RequestLineScanner): RequestLine {
    const { latin1 } = this.#options.codec
    const bytes = this.#bytes
    const start = this.#position
    let method = usualMethod(bytes, start, start + methodEnd)
    if (method === null) {
      method = latin1(bytes, start, start + methodEnd)
      checkMethod(method)
    }
    const target = latin1(bytes, start + methodEnd + 1, start + targetEnd)
    return { method, target, isAbnormal, minorVersion }
  }

  /** Skips CRLFs before a request. False when nothing else has come yet. */
  #skipEmptyLines(): boolean {
    for (; this.#position < this.#end; this.#position++, this.#scanned++) {
      const byte = this.#bytes[this.#position]
      const isInside = this.#emptyLineBytes % 2 === 1
      if (byte !== (isInside ? LF : CR)) {
        if (isInside) throw new HttpError(400, 'A bare CR stands before the request.')
        return true
      }
      this.#emptyLineBytes += 1
      if (this.#emptyLineBytes > 2 * emptyLinesMax)
        throw new HttpError(400, 'Too many empty lines stand before the request.')
    }
    return false
  }

  #scanFields(): Header | null {
    const { limits, codec, headerCache, spare, scheme } = this.#options
    const bytes = this.#bytes
    const start = this.#position
    if (this.#fieldScanner === null && this.#scanned === start) {
      const known = headerCache.match(bytes, start, this.#end)
      if (known !== null) {
        this.#position = this.#scanned = start + headerCache.bytesLength
        return known
      }
    }
    const scanner = this.#fieldScanner ?? spare.fields ?? new FieldScanner(limits)
    spare.fields = null
    if (this.#fieldScanner === null && this.#scanned === start) {
      const same = headerCache.matchLines(bytes, start, this.#end)
      if (same !== null) scanner.beginWith(same.fields, same.count)
      this.#scanned += same?.length ?? 0
    }
    const after = scanner.scan(bytes, start, this.#scanned, this.#end)
    if (after === -1) {
      this.#fieldScanner = scanner
      this.#scanned = this.#end
      return null
    }
    const fields = scanner.block(bytes, start, after, codec)
    const framing = readFraming(fields)
    const origin = framing.host === null ? null : originOf(framing.host, scheme)
    const header = { fields, framing, origin }
    headerCache.keep(bytes, start, after, header)
    this.#fieldScanner = null
    spare.fields = scanner
    this.#position = this.#scanned = after
    return header
  }

  #startBody(contentLength: number): void {
    this.#bodyBytesLeft = contentLength
    if (contentLength === -1) {
      this.#decoder = new ChunkedDecoder(this.#options.limits)
      this.#state = 'chunked'
    } else this.#state = contentLength === 0 ? 'ended' : 'length'
  }

  #nextData(): RequestEvent | null {
    const length = Math.min(this.#bodyBytesLeft, this.#end - this.#position)
    if (length === 0) return null
    const bytes = this.#bytes.subarray(this.#position, this.#position + length)
    this.#position = this.#scanned = this.#position + length
    this.#bodyBytesLeft -= length
    if (this.#bodyBytesLeft === 0) this.#state = 'ended'
    return { type: 'data', bytes }
  }

  #nextChunk(): RequestEvent | null {
    const decoder = this.#decoder as ChunkedDecoder
    this.#position = this.#scanned = decoder.decode(this.#bytes, this.#position, this.#end)
    if (decoder.isDone) {
      this.#decoder = null
      this.#bodyBytesLeft = 0
      this.#state = 'ended'
    }
    const { dataStart, dataEnd } = decoder
    if (dataStart < dataEnd) return { type: 'data', bytes: this.#bytes.subarray(dataStart, dataEnd) }
    return decoder.isDone ? this.next() : null
  }

  #append(bytes: Uint8Array, start: number, endOfBytes: number): void {
    const length = endOfBytes - start
    if (!this.#isOwn || this.#bytes.length - this.#end < length) {
      this.#own(this.#end - this.#position + length)
    }
    this.#bytes.set(bytes.subarray(start, endOfBytes), this.#end)
    this.#end += length
  }

  /** Moves the waiting bytes into an array of the parser's own, with room for twice as many while they come in parts. */
  #own(bytesMin: number): void {
    const own = new Uint8Array(Math.max(bytesMin, 2 * (this.#end - this.#position)))
    own.set(this.#bytes.subarray(this.#position, this.#end))
    this.#bytes = own
    this.#isOwn = true
    this.#end -= this.#position
    this.#scanned -= this.#position
    this.#position = 0
  }
}
