/**
 * Header fields, RFC 9112 §5: `field-line = field-name ":" OWS field-value OWS`, each ended by CRLF, and
 * an empty line after the last. Scans once, byte by byte, and can stop and resume at any byte. Rejects bare CR or LF,
 * folded lines, and blanks before the colon.
 */
import type { Codec } from './codec.ts'
import { commonName, hashByte } from './field-names.ts'
import { CR, classes, HTAB, LF, SP, TOKEN, VALUE } from './grammar.ts'
import { HttpError } from './http-error.ts'
import type { Limits } from './limits.ts'

const colon = 0x3a

/** The fields of one head in their order. Immutable, so that equal heads may share one. */
export interface FieldBlock {
  /** Lower case. */
  readonly names: readonly string[]
  /** The text that holds all values, as latin1. */
  readonly text: string
  /** Start and end of each value in `text`. */
  readonly spans: readonly number[]
  /** The start of each line. */
  readonly starts: readonly number[]
}

/** The value of the field at an index. */
export function fieldValue({ text, spans }: FieldBlock, index: number): string {
  return text.slice(spans[2 * index], spans[2 * index + 1])
}

type State = 'line' | 'name' | 'blank' | 'value' | 'lf' | 'lastLf'

/** Scans one field section. After the last byte `block` returns its fields. */
export class FieldScanner {
  readonly #bytesMax: number
  readonly #fieldsMax: number
  #state: State = 'line'
  #hash = 0
  /** The names of common fields, '' for others. */
  #names: string[] = []
  /** Start and end of each field's name and value, from the start of the section. */
  #starts: number[] = []
  #nameEnds: number[] = []
  #spans: number[] = []
  #mark = 0

  constructor({ headerBytesMax, headerFieldsMax }: Limits) {
    this.#bytesMax = headerBytesMax
    this.#fieldsMax = headerFieldsMax
  }

  /**
   * Scans from where it stopped, and returns the offset after the section, or -1 when it needs more.
   * @param base the start of the section; the same bytes must follow it at every call
   * @throws HttpError 400, 431
   */
  scan(bytes: Uint8Array, base: number, from: number, end: number): number {
    const stop = Math.min(end, base + this.#bytesMax)
    let state = this.#state
    let index = from
    while (index < stop) {
      if (state === 'line') {
        if (bytes[index] === CR) {
          state = 'lastLf'
          index += 1
          continue
        }
        if (this.#names.length >= this.#fieldsMax) throw new HttpError(431, 'The request has too many header fields.')
        this.#mark = index - base
        this.#hash = 0
        state = 'name'
      }
      if (state === 'name') {
        let hash = this.#hash
        while (index < stop && (classes[bytes[index]!]! & TOKEN) !== 0) {
          hash = hashByte(hash, bytes[index]!)
          index += 1
        }
        this.#hash = hash
        if (index === stop) break
        this.#endName(bytes, base, index)
        index += 1
        state = 'blank'
      }
      if (state === 'blank') {
        while (index < stop && (bytes[index] === SP || bytes[index] === HTAB)) index += 1
        if (index === stop) break
        this.#mark = index - base
        state = 'value'
      }
      if (state === 'value') {
        while (index < stop && (classes[bytes[index]!]! & VALUE) !== 0) index += 1
        if (index === stop) break
        if (bytes[index] !== CR) throw new HttpError(400, 'A header field value contains a forbidden byte.')
        this.#endValue(bytes, base, index)
        index += 1
        state = 'lf'
        continue
      }
      if (bytes[index] !== LF) throw new HttpError(400, 'A header line contains a bare CR.')
      index += 1
      if (state === 'lastLf') return index
      state = 'line'
    }
    if (index - base >= this.#bytesMax) throw new HttpError(431, 'The header of the request is too large.')
    this.#state = state
    return -1
  }

  #endName(bytes: Uint8Array, base: number, index: number): void {
    const start = base + this.#mark
    if (bytes[index] !== colon || index === start) throw new HttpError(400, 'A header field name is invalid.')
    this.#names.push(commonName(bytes, start, index, this.#hash))
    this.#starts.push(this.#mark)
    this.#nameEnds.push(index - base)
  }

  #endValue(bytes: Uint8Array, base: number, index: number): void {
    const start = base + this.#mark
    let end = index
    while (end > start && (bytes[end - 1] === SP || bytes[end - 1] === HTAB)) end -= 1
    this.#spans.push(this.#mark, end - base)
  }

  /** Takes the first fields from an earlier block with the same bytes; the scan continues after them. */
  beginWith({ names, starts, spans }: FieldBlock, count: number): void {
    this.#names = names.slice(0, count)
    this.#starts = starts.slice(0, count)
    this.#nameEnds = starts.slice(0, count)
    this.#spans = spans.slice(0, 2 * count)
  }

  /** Returns the fields; the scanner is then ready for another section. */
  block(bytes: Uint8Array, base: number, end: number, { latin1 }: Codec): FieldBlock {
    const text = latin1(bytes, base, end)
    const names = this.#names
    const starts = this.#starts
    for (let field = 0; field < names.length; field++) {
      if (names[field] === '') names[field] = text.slice(starts[field], this.#nameEnds[field]).toLowerCase()
    }
    const block = { names, text, spans: this.#spans, starts }
    this.#state = 'line'
    this.#names = []
    this.#starts = []
    this.#nameEnds = []
    this.#spans = []
    return block
  }
}
