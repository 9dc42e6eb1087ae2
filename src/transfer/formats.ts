/** The formats of imports and exports: one entry each. */
import type { AnyCollection } from '../collections/declaration.ts'
import { AppError } from '../errors.ts'
import { documentDepthMax, parseJson } from '../http/json.ts'
import { csvLine, readRecord } from './csv.ts'
import { type Cells, cellsOf, createCells } from './csv-row.ts'

/** One row of a file, before it is validated. */
export interface FileRow {
  /** The number of its first line, from 1. */
  line: number
  /** Its text, for the digest of the file. */
  text: string
  /** Its value, or the error that it has. */
  read(): unknown
}

/** Cuts the text of a file into rows. */
export interface RowReader {
  /**
   * Returns the rows that begin at the start of the text and end in it, and the length of the rest.
   * @param isLast true if nothing follows the text
   * @throws AppError where nothing after it can be read
   */
  read(text: string, isLast: boolean): { rows: FileRow[]; rest: string }
}

export interface Format {
  type: string
  reader(collection: AnyCollection): RowReader
  /** Returns the text before the first row. */
  head(names: readonly string[]): string
  /** Makes the function that returns the text of a row, which has these fields. */
  line(collection: AnyCollection, names: readonly string[]): (row: Readonly<Record<string, unknown>>) => string
}

export type FormatName = 'ndjson' | 'csv'

export const formats: Readonly<Record<FormatName, Format>> = {
  ndjson: {
    type: 'application/x-ndjson',
    reader: () => new LineReader(),
    head: () => '',
    line: () => (row) => `${JSON.stringify(row)}\n`,
  },
  csv: {
    type: 'text/csv; charset=utf-8',
    reader: (collection) => new CsvReader(collection),
    head: (names) => csvLine(names),
    line(collection, names) {
      const values = cellsOf(collection, names)
      return (row) => csvLine(values(row))
    },
  },
}

const byteOrderMark = '\ufeff'
const tab = 0x09
const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20

/** JSON texts by lines; empty lines are no rows. */
class LineReader implements RowReader {
  #isBegun = false
  #line = 1

  read(text: string, isLast: boolean): { rows: FileRow[]; rest: string } {
    const rows: FileRow[] = []
    let start = !this.#isBegun && text.startsWith(byteOrderMark) ? byteOrderMark.length : 0
    if (text !== '') this.#isBegun = true
    for (start = this.#skipBlanks(text, start); start < text.length; start = this.#skipBlanks(text, start)) {
      const end = text.indexOf('\n', start)
      if (end === -1 && !isLast) break
      const line = text.slice(start, end === -1 ? text.length : end)
      rows.push({ line: this.#line, text: line, read: () => parseJson(line, { depthMax: documentDepthMax }) })
      start = end === -1 ? text.length : end
    }
    return { rows, rest: text.slice(start) }
  }

  /** Returns the index of the next row. Each character takes no longer than one of a row, because the client pays for it alone. */
  #skipBlanks(text: string, start: number): number {
    for (let at = start; ; at += 1) {
      const code = text.charCodeAt(at)
      if (code === lineFeed) this.#line += 1
      else if (code !== space && code !== tab && code !== carriageReturn) return at
    }
  }
}

/** Records after a head that names their fields; empty lines are no rows. */
class CsvReader implements RowReader {
  readonly #collection: AnyCollection
  #cells: Cells | null = null
  #line = 1

  constructor(collection: AnyCollection) {
    this.#collection = collection
  }

  read(text: string, isLast: boolean): { rows: FileRow[]; rest: string } {
    const rows: FileRow[] = []
    let at = this.#line === 1 && this.#cells === null && text.startsWith(byteOrderMark) ? 1 : 0
    for (at = this.#skipEmpty(text, at, isLast); at < text.length; at = this.#skipEmpty(text, at, isLast)) {
      const record = this.#next(text, at, isLast)
      if (record === null) break
      const source = text.slice(at, record.end)
      const line = this.#line
      if (this.#cells === null) this.#cells = createCells(this.#collection, record.values)
      else rows.push({ line, text: source, read: this.#reading(this.#cells, record.values) })
      this.#line += linesIn(source)
      at = record.end
    }
    return { rows, rest: text.slice(at) }
  }

  /** Returns the index of the next record. */
  #skipEmpty(text: string, start: number, isLast: boolean): number {
    for (let at = start; ; at += 1) {
      const code = text.charCodeAt(at)
      if (code !== lineFeed && code !== carriageReturn) return at
      if (code === carriageReturn) {
        // Its line feed may come with the next chunk.
        if (at + 1 === text.length && !isLast) return at
        if (text.charCodeAt(at + 1) === lineFeed) at += 1
      }
      this.#line += 1
    }
  }

  #next(text: string, at: number, isLast: boolean): ReturnType<typeof readRecord> {
    try {
      return readRecord(text, at, isLast)
    } catch (error) {
      if (error instanceof AppError) throw new AppError(error.code, `Line ${this.#line}: ${error.message}`)
      throw error
    }
  }

  #reading(cells: Cells, values: Parameters<Cells['rowOf']>[0]): () => unknown {
    return () => cells.rowOf(values)
  }
}

function linesIn(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1
  // A record may end in a carriage return alone.
  return lines === 0 && text.endsWith('\r') ? 1 : lines
}
