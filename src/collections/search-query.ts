/** The parameter `search` of a list: the words of a text, and the position in the matches. */
import { decodeCursor, encodeCursor } from '../database/cursor.ts'
import { invalidField } from '../errors.ts'
import { prefixLengthMin } from './search-index.ts'

/** UTF-16 units of the text. */
const textLengthMax = 200
const wordsMax = 10

/** A search, which takes the place of a sort. */
export interface Search {
  text: string
  /** Phrases of FTS5, of which a row must have all. */
  words: readonly string[]
  /** True when the beginning of the last word is enough. */
  isOpen: boolean
  /** Matches of the pages before. */
  offset: number
}

/** A letter or a digit, with the marks that follow it. */
const wordPattern = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu

/** Parses the words of a text, in which nothing is syntax. @throws AppError `validation_failed` for a text that is too long */
export function parseSearch(text: string): Search {
  if (text.length > textLengthMax)
    throw invalidField('search', 'too_big', `may have ${textLengthMax} characters at most`)
  const words = text.match(wordPattern) ?? []
  if (words.length > wordsMax) throw invalidField('search', 'too_big', `may have ${wordsMax} words at most`)
  const last = words.at(-1) ?? ''
  const isOpen = text.endsWith(last) && Array.from(last).length >= prefixLengthMin
  return { text, words: words.map((word) => `"${word}"`), isOpen, offset: 0 }
}

/** Returns the cursor that continues after these many matches more. */
export function searchCursor({ text, offset }: Search, count: number): string {
  return encodeCursor(listName(text), { values: [offset + count], rows: [] })
}

/** Continues a search at a cursor. @throws AppError `validation_failed` when it is one of another search */
export function searchAfter(search: Search, cursor: string): Search {
  const [offset] = decodeCursor(cursor, listName(search.text), 1).values
  if (Number.isSafeInteger(offset) && Number(offset) >= 0) return { ...search, offset: Number(offset) }
  throw invalidField('cursor', 'invalid_cursor', 'is not a cursor of this server')
}

function listName(text: string): string {
  return `search ${text}`
}
