/**
 * Encodes and decodes messages as CBOR (RFC 8949): the values of JSON, encoded deterministically (§4.2.1) and decoded
 * within the limits of JSON bodies. The limits are checked token by token, before anything deep or wide is built.
 */
import { decode, encode, Tokenizer } from 'cborg'
import { jsonDepthMax, jsonKeysMax, jsonValuesMax } from '../http/json.ts'
import { isoTime } from '../iso-time.ts'
import type { TopicEvent } from '../topics/event.ts'
import { memberBytes } from './cbor-member.ts'
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
  encodeEncoded(id, result) {
    // The keys in the order of the deterministic encoding: id, result, jsonrpc.
    const around = encodeCbor({ id, result: null, jsonrpc: '2.0' })
    return result === null ? around : replaceResult(around, result as Uint8Array)
  },
  member: (message, name) => memberBytes(message as Uint8Array, name),
  decode(message, onValues = () => {}) {
    if (typeof message === 'string') throw new MessageError(-32700)
    try {
      const tokenizer = new BoundedTokenizer(message)
      const decoded = decode(message, { ...decodeOptions, tokenizer })
      onValues(tokenizer.values)
      return decoded
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.replace(/^CBOR decode error: /, '') : 'unreadable'
      throw new MessageError(-32700, `The message is not valid CBOR: ${reason}`)
    }
  },
}

/** The bytes after the result: the member `jsonrpc`. */
const afterResult = encodeCbor({ jsonrpc: '2.0' }).byteLength - 1

function replaceResult(around: Uint8Array, result: Uint8Array): Uint8Array {
  const start = around.byteLength - afterResult - 1
  const bytes = new Uint8Array(start + result.byteLength + afterResult)
  bytes.set(around.subarray(0, start))
  bytes.set(result, start)
  bytes.set(around.subarray(start + 1), start + result.byteLength)
  return bytes
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
  values = 0
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
    if (!this.#count()) this.#countValue()
    else if (token.value === '__proto__') throw new Error('the key "__proto__" is not allowed')
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

  #countValue(): void {
    this.values += 1
    if (this.values > jsonValuesMax) throw new Error(`it has more than ${jsonValuesMax} values`)
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
