/** The rows of an export, page by page, each as a new read: so none holds others up, and memory has one page. */
import type { AnyCollection } from '../collections/declaration.ts'
import { fieldNames } from '../collections/field-selection.ts'
import type { Operations } from '../collections/operations.ts'
import { encodeCursor } from '../database/cursor.ts'
import { idPattern } from '../database/id.ts'
import { invalidField } from '../errors.ts'
import type { Actor } from '../request/identity.ts'
import type { Format } from './formats.ts'

/** Rows of one read: some milliseconds, for which other requests wait. */
const pageRows = 500
/** Parameters that a list has and an export has not. */
const refused = ['limit', 'cursor', 'sort', 'count', 'search', 'expand']
/** The default sort of lists, as cursors name it. */
const sort = 'createdAt,id'

export interface ExportOptions {
  collection: AnyCollection
  // biome-ignore lint/suspicious/noExplicitAny: operations on rows of any fields.
  operations: Operations<any>
  who: Actor
  /** The filters, `fields` and `after` of the request. */
  parameters: URLSearchParams
  format: Format
}

/** The text of a page, and the number of its rows. */
export interface ExportedPage {
  text: string
  rows: number
  /** The time that reading it took. */
  ms: number
  /** True if its rows had to be looked for, because no index serves the query. */
  isScan: boolean
}

/** Yields the pages of an export, the first with the head of the file. @throws AppError as a list */
export async function* exportPages({
  collection,
  operations,
  who,
  parameters,
  format,
}: ExportOptions): AsyncGenerator<ExportedPage> {
  const query = listParameters(parameters)
  const names = selectedNames(collection, query)
  const line = format.line(collection, names)
  let head = parameters.has('after') ? '' : format.head(names)
  for (let next: string | null = ''; next !== null; ) {
    const startMs = performance.now()
    const page = await operations.list(operations.query(query), who)
    const text = head + page.rows.map(line).join('')
    yield { text, rows: page.rows.length, ms: performance.now() - startMs, isScan: page.isScan === true }
    head = ''
    next = page.next
    if (next !== null) query.set('cursor', next)
  }
}

function listParameters(given: URLSearchParams): URLSearchParams {
  const bad = refused.find((name) => given.has(name))
  if (bad !== undefined) throw invalidField(bad, 'unknown_parameter', 'is not a parameter of an export')
  const query = new URLSearchParams(given)
  query.delete('format')
  query.delete('after')
  query.set('limit', String(pageRows))
  const after = given.get('after')
  if (after !== null) query.set('cursor', cursorAfter(after))
  // Where the export continues is told by the row itself.
  const fields = given.get('fields')
  if (fields !== null && !fields.split(',').includes('createdAt')) query.set('fields', `${fields},createdAt`)
  return query
}

/** The cursor after a row, which its time and its id name. */
function cursorAfter(text: string): string {
  const [time = '', id = '', ...rest] = text.split(',')
  const ms = Date.parse(time)
  if (Number.isNaN(ms) || !idPattern.test(id) || rest.length > 0)
    throw invalidField(
      'after',
      'invalid_format',
      'must be the createdAt and the id of a row, as in 2027-01-04T09:00:00.000Z,01JG…',
    )
  return encodeCursor(sort, { values: [ms, id], rows: [] })
}

function selectedNames(collection: AnyCollection, query: URLSearchParams): readonly string[] {
  const fields = query.get('fields')?.split(',')
  const names = fieldNames(collection)
  return fields === undefined ? names : names.filter((name) => name === 'id' || fields.includes(name))
}
