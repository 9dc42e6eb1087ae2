import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { rounds } from '../harness/sample.ts'
import type { RunningProcess } from '../harness/server.ts'
import { acknowledge, contradictions, type Ledger, type Todo } from './ledger.ts'
import { servers, terminate } from './servers.ts'
import { temporaryFolders } from './temporary.ts'
import { createRandom, perform, type Random, todoOf, writeUntilGone } from './write-load.ts'

const start = servers()
const folder = temporaryFolders()

const clients = 16
const acknowledgedMax = 400
const seed = 20_261_121

test.each([
  ['node', rounds({ sampled: 2, full: 50 })],
  ['deno', rounds({ sampled: 1, full: 10 })],
  ['bun', rounds({ sampled: 1, full: 10 })],
] as const)('an acknowledged write survives kill -9 at any moment (%s)', async (runtime, kills) => {
  const dataDir = await folder()
  const random = createRandom(seed)
  const ledger: Ledger = { rows: new Map(), open: new Set() }
  const totals = { kills, acknowledged: 0, unanswered: 0, repeated: 0 }
  for (let round = 0; round < kills; round += 1) {
    const server = await start({ runtime, dataDir })
    totals.acknowledged += await writeUntilKilled(server, ledger, random)
    totals.unanswered += ledger.open.size
    expect(await integrityOf(dataDir), `round ${round}`).toBe('ok')
    const again = await start({ runtime, dataDir })
    totals.repeated += await compare(again.url, ledger)
    // Every other round continues from an orderly stop, the rest from one more kill.
    if (round % 2 === 0) expect(await terminate(again)).toBe(0)
    else await again.stop()
    expect(await integrityOf(dataDir), `round ${round}`).toBe('ok')
  }
  console.info(`kill -9 on ${runtime}: ${JSON.stringify({ ...totals, rows: ledger.rows.size })}`)
})

/** Kills the server at a random acknowledgement, which is any moment of the writes of the others. Returns their number. */
async function writeUntilKilled(server: RunningProcess, ledger: Ledger, random: Random): Promise<number> {
  const fatal = 1 + Math.floor(random() * acknowledgedMax)
  let acknowledged = 0
  const onAcknowledged = () => {
    acknowledged += 1
    if (acknowledged === fatal) server.process.kill('SIGKILL')
  }
  await writeUntilGone({ url: server.url, clients, ledger, random, onAcknowledged })
  expect(await server.exited).toBe('SIGKILL')
  return acknowledged
}

/** Compares the ledger with the stored rows, repeats the unanswered writes, and compares again. */
async function compare(url: string, ledger: Ledger): Promise<number> {
  const stored = await allTodos(url)
  expect(contradictions(ledger, stored)).toEqual([])
  const repeated = await repeatKeyed(url, ledger, stored)
  const settled = await allTodos(url)
  // The outcome of unanswered writes without a key is known by now.
  const known = new Set([...ledger.open].flatMap(({ id }) => id ?? []))
  const titles = new Set([...ledger.open].map(({ body }) => body?.title))
  ledger.open.clear()
  for (const id of known) ledger.rows.delete(id)
  for (const row of settled.values()) if (known.has(row.id) || titles.has(row.title)) ledger.rows.set(row.id, row)
  expect(contradictions(ledger, settled)).toEqual([])
  return repeated
}

/** Repeats each keyed write that had no response: it must have one effect, whether it had happened or not. */
async function repeatKeyed(url: string, ledger: Ledger, stored: ReadonlyMap<string, Todo>): Promise<number> {
  const keyed = [...ledger.open].filter(({ headers }) => 'Idempotency-Key' in headers)
  for (const operation of keyed) {
    const reply = await perform(url, operation)
    const todo = todoOf(reply)
    const before = operation.id === undefined ? undefined : ledger.rows.get(operation.id)
    const found = [...stored.values()].find(({ id, title }) => id === operation.id || title === operation.body?.title)
    const hadHappened = found?.version !== before?.version
    expect(reply).toMatchObject({ ok: true, replayed: hadHappened })
    if (hadHappened && todo) expect(todo).toEqual(found)
    acknowledge(ledger, operation, todo)
  }
  return keyed.length
}

async function allTodos(url: string): Promise<Map<string, Todo>> {
  const rows = new Map<string, Todo>()
  for (let cursor: string | null = ''; cursor !== null; ) {
    const response = await fetch(`${url}/api/todos?limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
    const page = (await response.json()) as { data: Todo[]; next: string | null }
    for (const row of page.data) rows.set(row.id, row)
    cursor = page.next
  }
  return rows
}

/** Runs SQLite's integrity check on a copy, so that the server recovers by itself. */
async function integrityOf(dataDir: string): Promise<unknown> {
  const copy = join(await folder(), 'copy')
  await mkdir(copy)
  await cp(dataDir, copy, { recursive: true, filter: (path) => !path.endsWith('-shm') })
  const db = new DatabaseSync(join(copy, 'galley.db'))
  try {
    return db.prepare('PRAGMA integrity_check').get()?.integrity_check
  } finally {
    db.close()
  }
}
