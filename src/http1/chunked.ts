/**
 * A chunked body, RFC 9112 §7.1: `chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF`, a last chunk of
 * size 0, trailer fields and an empty line. Decodes once, byte by byte outside the data, and can stop
 * and resume at any byte. Extensions and trailers are checked and discarded: trailers are never
 * merged into the header (RFC 9110 §6.5.1).
 */
import { CR, classes, HTAB, hexValues, LF, SP, TOKEN, VALUE } from './grammar.ts'
import { HttpError } from './http-error.ts'
import type { Limits } from './limits.ts'

type State =
  | 'size'
  | 'sizeLf'
  | 'beforeSemicolon'
  | 'beforeName'
  | 'name'
  | 'afterName'
  | 'beforeValue'
  | 'value'
  | 'quoted'
  | 'quotedPair'
  | 'afterQuoted'
  | 'data'
  | 'dataCr'
  | 'dataLf'
  | 'trailer'
  | 'trailerName'
  | 'trailerValue'
  | 'trailerLf'
  | 'lastLf'
  | 'done'

const colon = 0x3a
const semicolon = 0x3b
const equals = 0x3d
const quote = 0x22
const backslash = 0x5c
/** A double holds thirteen hexadecimal digits exactly. */
const sizeDigitsMax = 13

/** Decodes one body. */
export class ChunkedDecoder {
  readonly #limits: Limits
  #state: State = 'size'
  #digits = 0
  #size = 0
  #total = 0
  #extensionBytes = 0
  #trailerBytes = 0
  /** The position of the last call's data. Several chunks are moved together, which overwrites bytes already read. */
  dataStart = 0
  dataEnd = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  get isDone(): boolean {
    return this.#state === 'done'
  }

  /**
   * Decodes up to `end` or the end of the body, and returns the offset of the next byte.
   * @throws HttpError 400, 413, 431
   */
  decode(bytes: Uint8Array, from: number, end: number): number {
    let index = from
    this.dataStart = from
    this.dataEnd = from
    while (index < end && this.#state !== 'done') {
      if (this.#state === 'data') index = this.#takeData(bytes, index, end)
      else this.#take(bytes[index++]!)
    }
    return index
  }

  #takeData(bytes: Uint8Array, index: number, end: number): number {
    const length = Math.min(this.#size, end - index)
    if (this.dataStart === this.dataEnd) this.dataStart = index
    else if (this.dataEnd !== index) bytes.copyWithin(this.dataEnd, index, index + length)
    this.dataEnd = (this.dataStart === index ? index : this.dataEnd) + length
    this.#size -= length
    if (this.#size === 0) this.#state = 'dataCr'
    return index + length
  }

  #take(byte: number): void {
    switch (this.#state) {
      case 'size':
        this.#takeSize(byte)
        return
      case 'sizeLf':
        expect(byte, LF)
        this.#state = this.#size === 0 ? 'trailer' : 'data'
        return
      case 'dataCr':
        expect(byte, CR)
        this.#state = 'dataLf'
        return
      case 'dataLf':
        expect(byte, LF)
        this.#digits = 0
        this.#state = 'size'
        return
      case 'trailer':
      case 'trailerName':
      case 'trailerValue':
      case 'trailerLf':
      case 'lastLf':
        this.#takeTrailer(byte)
        return
      default:
        this.#takeExtension(byte)
    }
  }

  #takeSize(byte: number): void {
    const value = hexValues[byte]!
    if (value === 255) {
      this.#endSize(byte)
      return
    }
    this.#size = this.#digits === 0 ? value : this.#size * 16 + value
    this.#digits += 1
    if (this.#digits > sizeDigitsMax) throw new HttpError(400, 'The chunk size has too many digits.')
  }

  #endSize(byte: number): void {
    if (this.#digits === 0) throw new HttpError(400, 'The chunk size is missing.')
    this.#total += this.#size
    if (this.#total > this.#limits.bodyBytesMax) throw new HttpError(413, 'The body is too large.')
    this.#afterExtension(byte, 'beforeSemicolon')
  }

  /** `chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )`, RFC 9112 §7.1.1. */
  #takeExtension(byte: number): void {
    this.#extensionBytes += 1
    if (this.#extensionBytes > this.#limits.chunkExtensionBytesMax)
      throw new HttpError(400, 'The chunk extensions are too long.')
    const isBlank = byte === SP || byte === HTAB
    const isToken = (classes[byte]! & TOKEN) !== 0
    switch (this.#state) {
      case 'beforeSemicolon':
        if (isBlank) return
        if (byte !== semicolon) throw badExtension()
        this.#state = 'beforeName'
        return
      case 'beforeName':
      case 'beforeValue':
        if (isBlank) return
        if (isToken) this.#state = this.#state === 'beforeName' ? 'name' : 'value'
        else if (byte === quote && this.#state === 'beforeValue') this.#state = 'quoted'
        else throw badExtension()
        return
      case 'name':
      case 'value':
        if (isToken) return
        if (byte === equals && this.#state === 'name') this.#state = 'beforeValue'
        else this.#afterExtension(byte, this.#state === 'name' ? 'afterName' : 'beforeSemicolon')
        return
      case 'afterName':
        if (isBlank) return
        if (byte === equals) this.#state = 'beforeValue'
        else if (byte === semicolon) this.#state = 'beforeName'
        else throw badExtension()
        return
      case 'quoted':
        if (byte === quote) this.#state = 'afterQuoted'
        else if (byte === backslash) this.#state = 'quotedPair'
        else if ((classes[byte]! & VALUE) === 0) throw badExtension()
        return
      case 'quotedPair':
        if ((classes[byte]! & VALUE) === 0) throw badExtension()
        this.#state = 'quoted'
        return
      default:
        this.#afterExtension(byte, 'beforeSemicolon')
    }
  }

  /** After a size, a name or a value: the end of the line, another extension, or blanks before one. */
  #afterExtension(byte: number, afterBlank: 'beforeSemicolon' | 'afterName'): void {
    if (byte === CR) this.#state = 'sizeLf'
    else if (byte === semicolon) this.#state = 'beforeName'
    else if (byte === SP || byte === HTAB) this.#state = afterBlank
    else throw badExtension()
  }

  /** `trailer-section = *( field-line CRLF )`, RFC 9112 §7.1.2, and the empty line after it. */
  #takeTrailer(byte: number): void {
    this.#trailerBytes += 1
    if (this.#trailerBytes > this.#limits.trailerBytesMax) throw new HttpError(431, 'The trailer is too large.')
    switch (this.#state) {
      case 'trailer':
        if (byte === CR) this.#state = 'lastLf'
        else if ((classes[byte]! & TOKEN) !== 0) this.#state = 'trailerName'
        else throw badTrailer()
        return
      case 'trailerName':
        if (byte === colon) this.#state = 'trailerValue'
        else if ((classes[byte]! & TOKEN) === 0) throw badTrailer()
        return
      case 'trailerValue':
        if (byte === CR) this.#state = 'trailerLf'
        else if ((classes[byte]! & VALUE) === 0) throw badTrailer()
        return
      default:
        expect(byte, LF)
        this.#state = this.#state === 'lastLf' ? 'done' : 'trailer'
    }
  }
}

function expect(byte: number, wanted: number): void {
  if (byte !== wanted) throw new HttpError(400, 'The chunk data does not end with CRLF.')
}

function badExtension(): HttpError {
  return new HttpError(400, 'The chunk size or extension is invalid.')
}

function badTrailer(): HttpError {
  return new HttpError(400, 'A trailer field is invalid.')
}
