/**
 * Read latency while others write to a slow disk: `node bench/slow-disk.ts [--ms 5]`. Every
 * fsync of the server takes that much longer (slow-sync.c, compiled by gcc and preloaded).
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { figure, markdownTable, median } from './figures.ts'
import { temporaryFolder } from './folder.ts'
import { fillGalley, startGalley } from './galley.ts'
import { root, type Server, stopAll, twoCores } from './server.ts'
import { runWrk, type WrkResult } from './wrk.ts'

const { values } = parseArgs({
  options: {
    ms: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '5' },
    readers: { type: 'string', default: '16' },
    writers: { type: 'string', default: '64' },
    todos: { type: 'string', default: '10000' },
  },
})
const seconds = Number(values.seconds)
const rounds = Number(values.rounds)
const readers = Number(values.readers)
const writers = Number(values.writers)
const { serverCore, clientCore } = twoCores()

interface Situation {
  name: string
  slow: boolean
  writing: boolean
}

interface Run {
  reads: WrkResult
  writes: WrkResult | null
}

const situations: readonly Situation[] = [
  { name: 'no writers', slow: false, writing: false },
  { name: `${writers} write, the disk as it is`, slow: false, writing: true },
  { name: `${writers} write, fsync ${values.ms} ms slower`, slow: true, writing: true },
]
const heads = ['', 'GETs a second', 'GET p50 ms', 'GET p99 ms', 'POSTs a second', 'POST p50 ms', 'POST p99 ms']

const parent = temporaryFolder()
const library = compileSlowSync()
const rows = []
for (const situation of situations) rows.push(await measure(situation, library))
console.log(markdownTable([heads, ...rows]))
await stopAll()

function compileSlowSync(): string {
  const library = join(parent, 'slow-sync.so')
  execFileSync('gcc', ['-O2', '-Wall', '-shared', '-fPIC', '-o', library, join(root, 'bench/slow-sync.c'), '-ldl'])
  return library
}

async function measure({ name, slow, writing }: Situation, library: string): Promise<string[]> {
  const folder = mkdtempSync(join(parent, 'data-'))
  const preload = { LD_PRELOAD: library, SLOW_SYNC_MS: values.ms }
  const server = await startGalley({ folder, core: serverCore, env: slow ? preload : {} })
  const ids = await fillGalley(server.origin, Number(values.todos))
  const getsFile = join(folder, 'gets.txt')
  writeFileSync(getsFile, `${ids.map((id) => `/api/todos/${id}`).join('\n')}\n`)
  const runs: Run[] = []
  for (let round = 0; round < rounds; round++) runs.push(await readAndWrite(server, getsFile, writing))
  await server.stop()
  return [name, ...figuresOf(runs.map(({ reads }) => reads)), ...figuresOf(runs.flatMap(({ writes }) => writes ?? []))]
}

async function readAndWrite({ origin }: Server, getsFile: string, writing: boolean): Promise<Run> {
  const load = { getsFile, postPath: '/api/todos', postBody: '{"title":"Buy milk and bread"}' }
  const options = { origin, seconds, core: clientCore }
  const [reads, writes] = await Promise.all([
    runWrk({ ...load, postShare: 0 }, { ...options, connections: readers }),
    writing ? runWrk({ ...load, postShare: 1 }, { ...options, connections: writers }) : null,
  ])
  return { reads, writes }
}

function figuresOf(results: readonly WrkResult[]): string[] {
  return (['requestsPerSecond', 'p50Ms', 'p99Ms'] as const).map((metric) =>
    figure(median(results.map((result) => result[metric]))),
  )
}
