/**
 * Encodes and decodes messages as CBOR (RFC 8949): the values of JSON, encoded deterministically (§4.2.1) and decoded
 * within the limits of JSON bodies. The limits are checked token by token, before anything deep or wide is built.
 */
import { decode, encode, Tokenizer } from 'cborg'
import { jsonDepthMax, jsonKeysMax } from '../http/json.ts'
import { isoTime } from '../iso-time.ts'
import type { TopicEvent } from '../topics/event.ts'
import type { Format } from './format.ts'
import { MessageError } from './message-error.ts'

const decodeOptions = {
  allowIndefinite: false,
  allowUndefined: false,
  allowBigInt: false,
  allowInfinity: false,
  allowNaN: false,
  rejectDuplicateMapKeys: true,
}

const encodeCbor = (message: object): Uint8Array => encode(message, { ignoreUndefinedProperties: true })

export const cborFormat: Format = {
  name: 'cbor',
  ping: encodeCbor({ jsonrpc: '2.0', method: 'ping' }),
  pong: encodeCbor({ jsonrpc: '2.0', method: 'pong' }),
  encode: encodeCbor,
  encodeResponse: (id, status, headers, json) =>
    encodeCbor({
      jsonrpc: '2.0',
      id,
      result: { status, headers: headers ?? {}, body: json === null ? null : JSON.parse(json) },
    }),
  event: ({ topic, offset, type, atMs, json }: TopicEvent) =>
    encodeCbor({
      jsonrpc: '2.0',
      method: 'event',
      params: { topic, offset, type, at: isoTime(atMs), data: JSON.parse(json) },
    }),
  decode(message) {
    if (typeof message === 'string') throw new MessageError(-32700)
    try {
      return decode(message, { ...decodeOptions, tokenizer: new BoundedTokenizer(message) })
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.replace(/^CBOR decode error: /, '') : 'unreadable'
      throw new MessageError(-32700, `The message is not valid CBOR: ${reason}`)
    }
  },
}

type Token = ReturnType<Tokenizer['next']>

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const beyondAscii = /[^\0-\x7f]/

const majorBytes = 2
const majorText = 3
const majorArray = 4
const majorMap = 5
const majorTag = 6

class BoundedTokenizer extends Tokenizer {
  /** Items still expected by each open array and map; a map expects two for each entry. */
  readonly #wanted: number[] = []
  readonly #isMap: boolean[] = []

  constructor(message: Uint8Array) {
    super(message, decodeOptions)
  }

  override next(): Token {
    const start = this.pos()
    const token = super.next()
    const { major } = token.type
    if (major === majorBytes) throw new Error('byte strings are not allowed')
    if (major === majorTag) throw new Error('tags are not allowed')
    if (major === majorText) token.value = this.#text(token, start)
    if (this.#count() && token.value === '__proto__') throw new Error('the key "__proto__" is not allowed')
    if (major === majorArray || major === majorMap) this.#enter(token.value as number, major === majorMap)
    return token
  }

  /** Counts an item and returns whether it is a map key. */
  #count(): boolean {
    while (this.#wanted.at(-1) === 0) {
      this.#wanted.pop()
      this.#isMap.pop()
    }
    const last = this.#wanted.length - 1
    if (last === -1) return false
    const wanted = this.#wanted[last] as number
    this.#wanted[last] = wanted - 1
    return this.#isMap[last] === true && wanted % 2 === 0
  }

  #enter(length: number, isMap: boolean): void {
    if (this.#wanted.length === jsonDepthMax) throw new Error(`it is nested deeper than ${jsonDepthMax} levels`)
    if (isMap && length > jsonKeysMax) throw new Error(`a map may have ${jsonKeysMax} keys at most`)
    this.#wanted.push(isMap ? 2 * length : length)
    this.#isMap.push(isMap)
  }

  /** Decodes strictly: cborg's tokenizer replaces invalid UTF-8 and drops a byte order mark. */
  #text({ value }: Token, start: number): string {
    const from = start + headBytes(this.data[start] as number)
    const text = value as string
    if (text.length === this.pos() - from && !beyondAscii.test(text)) return text
    return utf8.decode(this.data.subarray(from, this.pos()))
  }
}

/** The length of an item's head in bytes (RFC 8949 §3). */
function headBytes(first: number): number {
  const info = first & 31
  return info < 24 ? 1 : 1 + 2 ** (info - 24)
}
