/**
 * Queries that no index serves, on a large table: `node bench/bounds.ts [--rows 500000]`. Each is measured as one statement without a
 * bound, and as the server reads it.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { createSqliteDatabase } from '../adapters/sqlite/database.ts'
import { readGroups } from '../src/collections/aggregate.ts'
import { createAggregateParser } from '../src/collections/aggregate-query.ts'
import { collection } from '../src/collections/collection.ts'
import { field } from '../src/collections/field.ts'
import { countRows, listStatement, readPage } from '../src/collections/list.ts'
import { listableFields, parseListQuery } from '../src/collections/list-query.ts'
import { applySchema } from '../src/collections/schema.ts'
import { migrate } from '../src/database/migrate.ts'
import { figure, markdownTable, median } from './figures.ts'
import { temporaryFolder } from './folder.ts'

const { values } = parseArgs({ options: { rows: { type: 'string', default: '500000' } } })
const rowCount = Number(values.rows)
const runs = 7

const visits = collection('visits', {
  access: 'open',
  fields: {
    doctor: field.text({ indexed: true }),
    open: field.boolean({ indexed: true }),
    name: field.text({ indexed: true }),
    note: field.text({ indexed: true }),
    tags: field.list(field.text({ max: 40 })),
    friends: field.references('visits'),
  },
})
const listable = listableFields(visits)
const connection = new DatabaseSync(join(temporaryFolder(), 'bounds.db'))
connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
const database = createSqliteDatabase(connection)
await database.migrate(async (db) => {
  await migrate(db)
  await applySchema(db, [visits])
})
connection
  .prepare(`with recursive n(i) as (select 0 union all select i + 1 from n where i < ?)
    insert into visits (id, createdAt, version, doctor, open, name, note, tags, friends)
    select printf('%026d', i), i, 1, 'doctor ' || (i % 20), i % 2, hex(randomblob(20)), hex(randomblob(100)),
      json_array(hex(randomblob(8)), hex(randomblob(8)), hex(randomblob(8))), json_array('everybody', 'friend ' || (i % 1000)) from n`)
  .run(rowCount - 1)

const queries = [
  'limit=50',
  'filter[doctor]=doctor 1',
  'filter[doctor]=doctor 1&sort=name',
  'filter[open]=true&filter[doctor]=doctor 2&sort=name',
  'filter[tags][$contains]=none',
  'filter[tags][$contains]=none&sort=name',
  'filter[friends][$contains]=everybody&sort=-createdAt',
  'filter[friends][$contains]=friend 7&sort=name',
  'filter[friends][$contains]=everybody&filter[open]=true&filter[tags][$contains]=none',
  'filter[note][$contains]=none',
  'filter[doctor][$ne]=none&filter[tags][$contains]=none',
  'sort=open,name',
  'filter[$or][0][note][$contains]=none&filter[$or][1][tags][$contains]=none',
]

async function timeOf(work: () => unknown): Promise<string> {
  const times: number[] = []
  let outcome = ''
  for (let run = 0; run < runs; run += 1) {
    const startMs = performance.now()
    try {
      await work()
    } catch (error) {
      outcome = ` (${(error as { status?: number }).status})`
    }
    times.push(performance.now() - startMs)
  }
  return figure(median(times)) + outcome
}

const rows = [['query', 'without a bound, ms', 'list, ms', 'count, ms', 'aggregate, ms']]
for (const text of queries) {
  const query = { ...parseListQuery(new URLSearchParams(text), listable), only: null }
  const filters = text.split('&').filter((each) => each.startsWith('filter'))
  const aggregate = { ...createAggregateParser(visits, listable)(new URLSearchParams(filters.join('&'))), only: null }
  rows.push([
    `\`${text}\``,
    await timeOf(() => database.read(listStatement(visits, query))),
    await timeOf(() => readPage(database, visits, query)),
    await timeOf(() => countRows(database, visits, query)),
    await timeOf(() => readGroups(database, visits, aggregate)),
  ])
}
console.log(markdownTable(rows))
