/**
 * Full-text search of a collection. The words of the text must all be in a row, of the last one the beginning. Rows with rare words come
 * first, by BM25. Ranking reads every row that has a word, so words that very many rows have do not count for it, and only the newest
 * rows that match are ranked.
 */
import { andThen, type Database, type Statement } from '../ports/database.ts'
import { type Condition, whereOf } from './condition.ts'
import type { AnyCollection } from './declaration.ts'
import { type AllowedQuery, conditionsOf, type Page, rowsAtOnce, selectedColumns } from './list.ts'
import { type Plan, planRows, scanRowsMax } from './query-plan.ts'
import { rowSource } from './row-source.ts'
import { numbersTable, searchTable } from './search-index.ts'
import { type Search, searchCursor } from './search-query.ts'

/** A word in more rows does not count for the rank. */
export const commonRowsMax = 10_000
/** Rows that are ranked: the newest of those that match. */
export const rankedRowsMax = 1000
/** Rows in which words are looked for that are all common: the newest. */
const searchedRowsMax = 200_000

/** Reads the page of best matches, and with `count` their number. */
export function readMatches(
  database: Database,
  collection: AnyCollection,
  query: AllowedQuery,
  search: Search,
): Matches | Promise<Matches> {
  if (search.words.length === 0) return { rows: [], next: null, ...(query.count && { count: 0 }) }
  // A page of wide rows is shorter.
  const limit = Math.min(query.limit, rowsAtOnce(collection, query.fields))
  return andThen(findMatches(database, collection, query, search), (matches) =>
    andThen(database.read(pageStatement(collection, query, matches, limit + 1, search.offset)), (found) => {
      const next = found.length > limit ? searchCursor(search, limit) : null
      const page: Matches = { isScan: true, rows: found.slice(0, limit), next }
      if (!query.count) return page
      const count = { sql: `select count(*) as count from (${matches.sql})`, parameters: matches.values }
      return andThen(database.read(count), ([row]) => ({ ...page, count: Number(row?.count) }))
    }),
  )
}

/** A page of a search, with the number of all matches where it was asked for. */
export interface Matches extends Page {
  count?: number
}

/** Returns SQL for the number and the score of each row that matches; the least score is the best. */
function findMatches(
  database: Database,
  collection: AnyCollection,
  query: AllowedQuery,
  search: Search,
): Condition | Promise<Condition> {
  const conditions = conditionsOf(collection, query)
  return andThen(rankWords(database, collection, search), ({ words, rare }) => {
    if (conditions.length === 0) return selectHits(collection, words, rare, null)
    return andThen(planRows(database, collection, conditions, scanRowsMax), (plan) => {
      if (plan !== null) return selectHits(collection, words, rare, numbersOf(collection, conditions, plan))
      return filtered(collection, selectHits(collection, words, rare, null), conditions)
    })
  })
}

/** The words of a search, and those of them that are rare. */
interface RankedWords {
  words: readonly string[]
  rare: readonly string[]
}

/** A last word that is common stands for itself alone, because to gather all words with its beginning takes long. */
function rankWords(
  database: Database,
  collection: AnyCollection,
  { words, isOpen }: Search,
): RankedWords | Promise<RankedWords> {
  return andThen(rareOf(database, collection, words), (rare) => {
    const last = words.at(-1) ?? ''
    if (!isOpen || !rare.includes(last)) return { words, rare }
    const beginning = `${last}*`
    return andThen(rareOf(database, collection, [beginning]), (still) => ({
      words: [...words.slice(0, -1), beginning],
      rare: [...rare.filter((word) => word !== last), ...still],
    }))
  })
}

function rareOf(
  database: Database,
  collection: AnyCollection,
  words: readonly string[],
): readonly string[] | Promise<readonly string[]> {
  return andThen(database.read(wordsStatement(collection, words)), ([counts = {}]) =>
    words.filter((_, index) => Number(counts[`word${index}`]) <= commonRowsMax),
  )
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

/** The numbers of the rows for which conditions hold, where few rows have to be read for that. */
function numbersOf(collection: AnyCollection, conditions: readonly Condition[], { index }: Plan): Condition {
  const source = rowSource(collection, index, conditions)
  const where = whereOf(source.conditions)
  return {
    sql: `select number from "${numbersTable(collection.name)}" where id in (select "id" from ${source.from}${where.sql})`,
    values: where.values,
  }
}

/** The newest matches, of which some may have a condition that does not hold. */
function filtered({ name }: AnyCollection, hits: Condition, conditions: readonly Condition[]): Condition {
  const where = whereOf(conditions)
  return { sql: `select hit.* from ${joined(name, hits)}${where.sql}`, values: [...hits.values, ...where.values] }
}

/** Joins hits with their rows, hit by hit. */
function joined(name: string, { sql }: Condition): string {
  return `(${sql}) as hit cross join "${numbersTable(name)}" as numbered on numbered.number = hit.number
    cross join "${name}" on "${name}"."id" = numbered.id`
}

/** Chooses the matches of the page before it reads their rows, because a sort would carry the columns of all. */
function pageStatement(
  collection: AnyCollection,
  query: AllowedQuery,
  { sql, values }: Condition,
  limit: number,
  offset: number,
): Statement {
  const { name } = collection
  const columns = selectedColumns(collection, query).map((column) => `"${name}"."${column}"`)
  const page = { sql: `select * from (${sql}) order by score, number desc limit ? offset ?`, values: [] }
  return {
    sql: `select ${columns.join()} from ${joined(name, page)} order by hit.score, hit.number desc`,
    parameters: [...values, limit, offset],
  }
}

/** Selects the newest rows that have all words, and if numbers are given are among these. Rare words count for the score. */
function selectHits(
  { name }: AnyCollection,
  words: readonly string[],
  rare: readonly string[],
  numbers: Condition | null,
): Condition {
  const table = `"${searchTable(name)}"`
  const newest = `order by rowid desc limit ${rankedRowsMax}`
  const all = words.join(' ')
  // The plus keeps FTS5 from starting the match again for each row.
  const among = numbers === null ? '' : ` and +rowid in (${numbers.sql})`
  const values = numbers?.values ?? []
  if (rare.length === 0) {
    const since = `(select max(number) from "${numbersTable(name)}") - ${searchedRowsMax}`
    const hits = `select rowid as number, 0 as score from ${table} where ${table} match ? and rowid > ${since}${among} ${newest}`
    return { sql: hits, values: [all, ...values] }
  }
  const ranked = `select rowid as number, bm25(${table}) as score from ${table} where ${table} match ?`
  if (rare.length === words.length) return { sql: `${ranked}${among} ${newest}`, values: [all, ...values] }
  const matching = `select rowid from ${table} where ${table} match ?${among} ${newest}`
  return { sql: `${ranked} and +rowid in (${matching}) ${newest}`, values: [rare.join(' '), all, ...values] }
}
