/**
 * CSV by RFC 4180, with two additions that make an export and an import of it lose nothing: an empty value in quotes is an empty
 * text, and one without is no value. Texts that a spreadsheet would run as a formula get an apostrophe in front, which an import
 * takes away again.
 */
import { AppError } from '../errors.ts'

/** A value of a record. */
export interface CsvValue {
  text: string
  isQuoted: boolean
}

/** More columns than a collection has fields. */
export const columnsMax = 200

const lineEnd = '\r\n'
/** Apostrophes in front stay, so that a text that has them by itself comes back with them. */
const formula = /^'*[=+\-@\t\r]/
const escapedFormula = /^'+[=+\-@\t\r]/
const needsQuotes = /[",\r\n]|^\s|\s$/

/** A value that stands in a cell as JSON text. */
export class JsonValue {
  readonly value: unknown

  constructor(value: unknown) {
    this.value = value
  }
}

/** Makes a line of texts, numbers, truth values and JSON; null and undefined are no value. */
export function csvLine(values: readonly unknown[]): string {
  return values.map(csvText).join(',') + lineEnd
}

function csvText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return quoted(formula.test(value) ? `'${value}` : value)
  return quoted(JSON.stringify(value instanceof JsonValue ? value.value : value))
}

function quoted(text: string): string {
  return text === '' || needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Returns a text without the apostrophe that `csvLine` has put in front. */
export function withoutEscape(text: string): string {
  return escapedFormula.test(text) ? text.slice(1) : text
}

/** A record, and the index after its line end. */
export interface CsvRecord {
  values: CsvValue[]
  end: number
}

/**
 * Reads the record that begins at an index. Null when it may go on after the end of the text.
 * @param isLast true if nothing follows the text
 * @throws AppError `bad_request` for a quotation mark at the wrong place, and too many columns
 */
export function readRecord(text: string, start: number, isLast: boolean): CsvRecord | null {
  const values: CsvValue[] = []
  for (let at = start; ; ) {
    const value = text.charCodeAt(at) === quote ? readQuoted(text, at, isLast) : readPlain(text, at, isLast)
    if (value === null) return null
    values.push(value)
    if (values.length > columnsMax) throw new AppError('bad_request', `A record has more than ${columnsMax} values.`)
    at = value.end
    if (text.charCodeAt(at) === comma) {
      at += 1
      continue
    }
    if (at >= text.length) return isLast ? { values, end: at } : null
    if (text.charCodeAt(at) !== carriageReturn) return { values, end: at + 1 }
    // Its line feed may come with the next chunk.
    if (at + 1 === text.length && !isLast) return null
    return { values, end: text.charCodeAt(at + 1) === lineFeed ? at + 2 : at + 1 }
  }
}

const quote = 0x22
const comma = 0x2c
const lineFeed = 0x0a
const carriageReturn = 0x0d

function readPlain(text: string, start: number, isLast: boolean): (CsvValue & { end: number }) | null {
  let end = start
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end)
    if (code === comma || code === lineFeed || code === carriageReturn) break
  }
  if (end === text.length && !isLast) return null
  return { text: text.slice(start, end), isQuoted: false, end }
}

function readQuoted(text: string, start: number, isLast: boolean): (CsvValue & { end: number }) | null {
  for (let at = start + 1; ; ) {
    const end = text.indexOf('"', at)
    if (end === -1) {
      if (isLast) throw new AppError('bad_request', 'A quotation mark has no end.')
      return null
    }
    if (end + 1 === text.length && !isLast) return null
    const next = text.charCodeAt(end + 1)
    if (next === quote) {
      at = end + 2
      continue
    }
    const isEnd = end + 1 === text.length || next === comma || next === lineFeed || next === carriageReturn
    if (!isEnd)
      throw new AppError('bad_request', 'After a value in quotes there must be a comma or the end of the line.')
    return { text: text.slice(start + 1, end).replaceAll('""', '"'), isQuoted: true, end: end + 1 }
  }
}
