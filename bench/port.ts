/**
 * The database port by itself, without HTTP: `node bench/port.ts [--seconds 4] [--rounds 5]`. Many
 * writers that each await their write share commits; one writer that awaits each has a commit each.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { createSqliteDatabase } from '../adapters/sqlite/database.ts'
import { run } from '../src/database/steps.ts'
import type { Database } from '../src/ports/database.ts'
import { figure, markdownTable, median, quantile } from './figures.ts'
import { temporaryFolder } from './folder.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '5' },
    writers: { type: 'string', default: '64' },
  },
})
const seconds = Number(values.seconds)
const rounds = Number(values.rounds)
const writers = Number(values.writers)

interface Run {
  perSecond: number
  p99Ms: number
}

const parent = temporaryFolder()
const one: Run[] = []
const many: Run[] = []
for (let round = 0; round < rounds; round++) {
  one.push(await measure(1, join(parent, `one-${round}.db`)))
  many.push(await measure(writers, join(parent, `many-${round}.db`)))
}
const rate = (runs: Run[]) => median(runs.map(({ perSecond }) => perSecond))
const row = (name: string, runs: Run[]) => [
  name,
  figure(rate(runs)),
  figure(rate(runs) / rate(one)),
  figure(median(runs.map(({ p99Ms }) => p99Ms))),
]
const rows = [row('1 writer, a commit each', one), row(`${writers} writers, commits shared`, many)]
console.log(markdownTable([['', 'writes a second', 'ratio', 'p99 ms'], ...rows]))

async function measure(count: number, path: string): Promise<Run> {
  const connection = new DatabaseSync(path)
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  connection.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, title TEXT NOT NULL, createdAt INTEGER NOT NULL)')
  const database = createSqliteDatabase(connection)
  const durationsMs: number[] = []
  const begin = performance.now()
  const end = begin + seconds * 1000
  await Promise.all(Array.from({ length: count }, () => writeUntil(database, end, durationsMs)))
  const elapsedSeconds = (performance.now() - begin) / 1000
  await database.close()
  return { perSecond: durationsMs.length / elapsedSeconds, p99Ms: quantile(durationsMs, 0.99) }
}

async function writeUntil(database: Database, end: number, durationsMs: number[]): Promise<void> {
  for (let before = performance.now(); before < end; ) {
    const sql = 'INSERT INTO rows (title, createdAt) VALUES (?, ?)'
    await database.write(() => run({ sql, parameters: ['Buy milk and bread', Date.now()] }))
    const after = performance.now()
    durationsMs.push(after - before)
    before = after
  }
}
