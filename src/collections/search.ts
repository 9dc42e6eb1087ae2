/**
 * Full-text search of a collection. The words of the text must all be in a row, of the last one the beginning. Rows with rare words come
 * first, by BM25. Ranking reads every row that has a word, so words that very many rows have do not count for it, and only the newest
 * rows that match are ranked.
 */
import { andThen, type Database, type Statement } from '../ports/database.ts'
import { type Condition, whereOf } from './condition.ts'
import type { AnyCollection } from './declaration.ts'
import { type AllowedQuery, conditionsOf, type Page, rowsAtOnce, selectedColumns } from './list.ts'
import { numbersTable, searchTable } from './search-index.ts'
import { type Search, searchCursor } from './search-query.ts'

/** A word in more rows does not count for the rank. */
export const commonRowsMax = 10_000
/** Rows that are ranked: the newest of those that match. */
export const rankedRowsMax = 2000
/** Rows in which words are looked for that are all common: the newest. */
const searchedRowsMax = 200_000

/** Reads the page of best matches, and with `count` their number. */
export function readMatches(
  database: Database,
  collection: AnyCollection,
  query: AllowedQuery,
  search: Search,
): Matches | Promise<Matches> {
  if (search.words.length === 0) return { rows: [], next: null, count: 0 }
  // A page of wide rows is shorter.
  const limit = Math.min(query.limit, rowsAtOnce(collection, query.fields))
  return andThen(hitsOf(database, collection, search.words), (hits) =>
    andThen(database.read(pageStatement(collection, query, hits, limit + 1, search.offset)), (found) => {
      const page: Matches = {
        isScan: true,
        rows: found.slice(0, limit),
        next: found.length > limit ? searchCursor(search, limit) : null,
      }
      if (!query.count) return page
      return andThen(database.read(countStatement(collection, query, hits)), ([row]) => ({
        ...page,
        count: Number(row?.count),
      }))
    }),
  )
}

/** A page of a search, with the number of all matches where it was asked for. */
export interface Matches extends Page {
  count?: number
}

/** Selects the number and the score of each row that matches; the least score is the best. */
function hitsOf(
  database: Database,
  collection: AnyCollection,
  words: readonly string[],
): Condition | Promise<Condition> {
  return andThen(database.read(wordsStatement(collection, words)), ([counts = {}]) => {
    const rare = words.filter((_, index) => Number(counts[`word${index}`]) <= commonRowsMax)
    return selectHits(collection, words, rare)
  })
}

/** Counts the rows with each word, no further than to know that they are many. */
function wordsStatement({ name }: AnyCollection, words: readonly string[]): Statement {
  const table = `"${searchTable(name)}"`
  const counts = words.map(
    (_, index) =>
      `(select count(*) from (select 1 from ${table} where ${table} match ? limit ${commonRowsMax + 1})) as word${index}`,
  )
  return { sql: `select ${counts.join()}`, parameters: words }
}

function pageStatement(
  collection: AnyCollection,
  query: AllowedQuery,
  hits: Condition,
  limit: number,
  offset: number,
): Statement {
  const { name } = collection
  const columns = selectedColumns(collection, query).map((column) => `"${name}"."${column}"`)
  const from = fromHits(collection, query, hits)
  return {
    sql: `select ${columns.join()}${from.sql} order by hit.score, hit.number desc limit ? offset ?`,
    parameters: [...from.values, limit, offset],
  }
}

function countStatement(collection: AnyCollection, query: AllowedQuery, hits: Condition): Statement {
  const { sql, values } = fromHits(collection, query, hits)
  return { sql: `select count(*) as count${sql}`, parameters: values }
}

function fromHits(collection: AnyCollection, query: AllowedQuery, hits: Condition): Condition {
  const { name } = collection
  const where = whereOf(conditionsOf(collection, query))
  return {
    sql: ` from (${hits.sql}) as hit
      cross join "${numbersTable(name)}" as numbered on numbered.number = hit.number
      cross join "${name}" on "${name}"."id" = numbered.id${where.sql}`,
    values: [...hits.values, ...where.values],
  }
}

function selectHits({ name }: AnyCollection, words: readonly string[], rare: readonly string[]): Condition {
  const table = `"${searchTable(name)}"`
  const newest = `order by rowid desc limit ${rankedRowsMax}`
  const all = words.join(' ')
  if (rare.length === 0) {
    const since = `(select max(number) from "${numbersTable(name)}") - ${searchedRowsMax}`
    return {
      sql: `select rowid as number, 0 as score from ${table} where ${table} match ? and rowid > ${since} ${newest}`,
      values: [all],
    }
  }
  const ranked = `select rowid as number, bm25(${table}) as score from ${table} where ${table} match ?`
  if (rare.length === words.length) return { sql: `${ranked} ${newest}`, values: [all] }
  // The plus keeps FTS5 from starting the match again for each row.
  const matching = `select rowid from ${table} where ${table} match ? ${newest}`
  return { sql: `${ranked} and +rowid in (${matching}) ${newest}`, values: [rare.join(' '), all] }
}
