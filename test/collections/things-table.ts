/** A table with a field of each kind that lists filter and sort by, and random rows for it. */
import fc from 'fast-check'
import { afterAll } from 'vitest'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import { type AllowedQuery, listStatement } from '../../src/collections/list.ts'
import { listableFields, parseListQuery } from '../../src/collections/list-query.ts'
import type { SqlRow } from '../../src/ports/database.ts'
import { createTestDatabase } from '../harness/database.ts'

export const things = collection('things', {
  access: 'open',
  fields: {
    name: field.text({ indexed: true }),
    size: field.integer({ indexed: true }),
    open: field.boolean({ indexed: true }),
    note: field.text({ optional: true, indexed: true }),
    tags: field.list(field.text(), { default: [] }),
  },
})
export const listable = listableFields(things)

export interface Thing {
  id: string
  createdAt: number
  version: number
  name: string
  size: number
  open: number
  note: string | null
  tags: string
}

export const word = fc.string({
  unit: fc.constantFrom('a', 'b', 'B', 'é', '\u{10ffff}', '\ud7ff', '%', '_', '"'),
  maxLength: 4,
})
export const rows = fc
  .array(
    fc.record({
      createdAt: fc.nat(3),
      version: fc.constant(1),
      name: word,
      size: fc.integer({ min: -2, max: 2 }),
      open: fc.nat(1),
      note: fc.option(word),
      tags: fc.array(word, { maxLength: 3 }).map((tags) => JSON.stringify(tags)),
    }),
    { maxLength: 40 },
  )
  .map((list) => list.map((row, index): Thing => ({ id: `id${String(index).padStart(24, '0')}`, ...row })))

/** Parses a query that may read all rows. */
export function allRows(...parameters: Parameters<typeof parseListQuery>): AllowedQuery {
  return { ...parseListQuery(...parameters), only: null }
}

/** The table for the tests of the calling file. */
export async function createThings() {
  const { remove, ...table } = await createTestDatabase([things])
  afterAll(remove)
  const list = async (query: string): Promise<readonly SqlRow[]> =>
    await table.database.read(listStatement(things, allRows(new URLSearchParams(query), listable)))
  return { ...table, list }
}

/** SQLite's order of text is that of its UTF-8 bytes. */
export function compareText(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)))
}
