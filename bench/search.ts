/**
 * Full-text search through the app, without a network: `node bench/search.ts [--rows 100000] [--words 200]`. The texts are of random
 * words, of which few are frequent and most are rare (Zipf), and so are the words that are searched for.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { createSqliteDatabase } from '../adapters/sqlite/database.ts'
import { createApp } from '../src/app.ts'
import { collection } from '../src/collections/collection.ts'
import { field } from '../src/collections/field.ts'
import { createTestPlatform } from '../test/harness/platform.ts'
import { figure, markdownTable, quantile } from './figures.ts'
import { temporaryFolder } from './folder.ts'

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, words: { type: 'string', default: '200' } },
})
const rowCount = Number(values.rows)
const wordCount = Number(values.words)
const requests = 1000
const vocabularySize = 50_000

/** A linear congruential generator, so that every run has the same texts. */
let seed = 1
function random(): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
  return seed / 0x7fffffff
}

const letters = 'etaoinshrdlucmfwypvbgkjqxz'
const vocabulary = Array.from({ length: vocabularySize }, () =>
  Array.from({ length: 3 + Math.floor(random() * 7) }, () => letters[Math.floor(random() * random() * 26)]).join(''),
)
let weightSum = 0
const weights = vocabulary.map((_, index) => {
  weightSum += 1 / (index + 2.7)
  return weightSum
})

function word(): string {
  const at = random() * weightSum
  let [low, high] = [0, vocabularySize - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((weights[middle] ?? 0) < at) low = middle + 1
    else high = middle
  }
  return vocabulary[low] ?? ''
}

const text = (count: number) => Array.from({ length: count }, word).join(' ')

const articles = collection('articles', {
  access: 'open',
  fields: { title: field.text(), body: field.text(), year: field.integer({ indexed: true }) },
  search: ['title', 'body'],
})

const connection = new DatabaseSync(join(temporaryFolder(), 'search.db'))
connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000')
const app = createApp(createTestPlatform({ database: createSqliteDatabase(connection) }), { collections: [articles] })
await app.start()
await fill()

async function fill(): Promise<void> {
  const insert = connection.prepare(
    'insert into articles (id, createdAt, version, title, body, year) values (?, ?, 1, ?, ?, ?)',
  )
  const startMs = performance.now()
  connection.exec('begin')
  for (let row = 0; row < rowCount; row += 1) {
    insert.run(String(row).padStart(26, '0'), row, text(8), text(wordCount - 8), row % 50)
    if (row % 1000 !== 999) continue
    connection.exec('commit; begin')
    await new Promise((resolve) => setImmediate(resolve))
  }
  connection.exec('commit')
  console.log(`${figure(rowCount)} rows of ${wordCount} words in ${figure((performance.now() - startMs) / 1000)} s`)
}

const cases: [string, () => string][] = [
  ['a rare word', () => vocabulary[1000 + Math.floor(random() * (vocabularySize - 1000))] ?? ''],
  ['one of the hundred most frequent words', () => vocabulary[Math.floor(random() * 100)] ?? ''],
  ['a word of a text', word],
  ['two words of a text', () => text(2)],
  ['three words of a text', () => text(3)],
  ['the first two letters of a word of a text', () => word().slice(0, 2)],
  ['the first three letters', () => word().slice(0, 3)],
  ['the first four letters', () => word().slice(0, 4)],
  ['a word of a text and the first three letters of another', () => `${word()} ${word().slice(0, 3)}`],
]

/** The time of a request, and that of the processor alone, which other processes of a busy machine do not change. */
interface Duration {
  wallMs: number
  processorMs: number
}

async function measure(search: string, more = ''): Promise<Duration> {
  // Each request is a turn of the event loop, as from a socket: else the server would take them for a backlog and shed load.
  await new Promise((resolve) => setImmediate(resolve))
  const used = process.threadCpuUsage()
  const startMs = performance.now()
  const response = await app.fetch(
    new Request(`http://localhost/api/articles?limit=10&search=${encodeURIComponent(search)}${more}`),
  )
  await response.text()
  if (response.status !== 200) throw new Error(`The search responds with ${response.status}.`)
  const wallMs = performance.now() - startMs
  const { user, system } = process.threadCpuUsage(used)
  return { wallMs, processorMs: (user + system) / 1000 }
}

for (const [, search] of cases) for (let request = 0; request < requests / 10; request += 1) await measure(search())
const table = [['ten matches of', 'p50 ms', 'p99 ms', 'processor p50 ms', 'processor p99 ms']]
for (const more of ['', '&filter[year]=7']) {
  for (const [name, search] of cases) {
    const times: Duration[] = []
    for (let request = 0; request < requests; request += 1) times.push(await measure(search(), more))
    const [wall, processor] = [times.map(({ wallMs }) => wallMs), times.map(({ processorMs }) => processorMs)]
    table.push([
      more === '' ? name : `${name}, filtered`,
      ...[wall, processor].flatMap((each) => [0.5, 0.99].map((share) => figure(quantile(each, share)))),
    ])
  }
}
console.log(markdownTable(table))
