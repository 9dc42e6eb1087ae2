/** Disks that fill up, fail, or can't be written: writes are refused, reads continue, and writes work again after the disk recovers. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import type { RunningProcess } from '../harness/server.ts'
import { contradictions, type Ledger, type Todo } from '../process/ledger.ts'
import { runToEnd, servers, terminate } from '../process/servers.ts'
import { attempt, change, createdOutcome, createMany, creation, removal } from './attempt.ts'
import type { Disk, Failure } from './disk.ts'
import { disks } from './disks.ts'
import { storedTodos } from './stored.ts'

const newDisk = disks()
const start = servers()

/** The response to a write while the disk fails. */
const outcomes = [
  ['full', '507 storage_full'],
  ['bad at writes', '503 storage_unavailable'],
  ['bad at syncs', '503 storage_unavailable'],
  ['read-only', '503 storage_unavailable'],
] as const satisfies [Failure, string][]

const rowCount = 20

describe.each(sample(['node', 'deno'] as const, 2))('a server on %s', (runtime) => {
  /** Every case on Node, and every second one on Deno, where the database is the same. */
  const casesOf = <Case>(cases: readonly Case[]) => sample(cases, 2)

  test.each(casesOf(outcomes))(
    'on a disk that is %s refuses writes, answers reads, and recovers by itself',
    async (failure, outcome) => {
      const { disk, server, ledger } = await startWithRows(runtime)
      disk.fail(failure)
      expect(await everyWrite(server, ledger)).toEqual(Array.from({ length: 5 }, () => outcome))
      expect(new Set(await createMany(server.url, ledger, 16))).toEqual(new Set([outcome]))
      expect(disk.get('faults')).toBeGreaterThan(0)
      expect(await everyRead(server, ledger)).toEqual([200, 200, 200, 200])
      disk.heal()
      expect(contradictions(ledger, await storedTodos(server.url))).toEqual([])
      expect(await everyWrite(server, ledger)).toEqual(['201', '201', '201', '200', '204'])
      await expectKept(runtime, server, disk, ledger)
    },
  )

  test.each(casesOf([4_200, 20_000, 60_000, 150_000]))(
    'whose disk fills up after %i bytes keeps every write that it acknowledged',
    async (room) => {
      const { disk, server, ledger } = await startWithRows(runtime)
      disk.fail('full', room)
      const seen = new Set<string>()
      while (!seen.has('507 storage_full')) {
        for (const outcome of await createMany(server.url, ledger, 16)) seen.add(outcome)
      }
      expect(seen.difference(new Set([createdOutcome, '507 storage_full']))).toEqual(new Set())
      expect(contradictions(ledger, await storedTodos(server.url))).toEqual([])
      disk.heal()
      expect(await everyWrite(server, ledger)).toEqual(['201', '201', '201', '200', '204'])
      await expectKept(runtime, server, disk, ledger)
    },
  )

  test.each(casesOf(outcomes.map(([failure]) => failure)))(
    'that is stopped while its disk is %s ends with 0 and loses nothing',
    async (failure) => {
      const { disk, server, ledger } = await startWithRows(runtime)
      disk.fail(failure)
      await attempt(server.url, ledger, creation())
      expect(await terminate(server), server.output()).toBe(0)
      disk.heal()
      const again = await start({ runtime, dataDir: disk.dataDir, env: disk.env })
      expect(contradictions(ledger, await storedTodos(again.url))).toEqual([])
      expect(await attempt(again.url, ledger, creation())).toBe(createdOutcome)
      await expectKept(runtime, again, disk, ledger)
    },
  )

  test.each(
    casesOf([
      ['full', 'database or disk is full'],
      ['bad at writes', 'disk I/O error'],
      ['read-only', 'disk I/O error'],
    ] as const),
  )('does not start on a disk that is %s, prints one line, and starts once the disk works', async (failure, reason) => {
    const { disk, server, ledger } = await startWithRows(runtime)
    await server.stop()
    disk.fail(failure)
    const { code, stdout, stderr } = await runToEnd({ runtime, dataDir: disk.dataDir, env: disk.env })
    const line = `galley: The data directory ${disk.dataDir} can't be written: ${reason}\n`
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: line })
    disk.heal()
    const again = await start({ runtime, dataDir: disk.dataDir, env: disk.env })
    expect(contradictions(ledger, await storedTodos(again.url))).toEqual([])
    expect(await attempt(again.url, ledger, creation())).toBe(createdOutcome)
  })
})

async function startWithRows(runtime: 'node' | 'deno') {
  const disk = await newDisk()
  const server = await start({ runtime, dataDir: disk.dataDir, env: disk.env })
  onTestFinished(() => server.stop())
  const ledger: Ledger = { rows: new Map(), open: new Set() }
  await createMany(server.url, ledger, rowCount)
  expect(ledger.rows.size).toBe(rowCount)
  return { disk, server, ledger }
}

/** A create, one with a key, one with an id of the client's, a change, a removal; each on a row that no other write is open on. */
async function everyWrite({ url }: RunningProcess, ledger: Ledger): Promise<string[]> {
  const open = new Set([...ledger.open].map(({ id }) => id))
  const [changed, removed] = [...ledger.rows.values()].filter(({ id }) => !open.has(id)) as [Todo, Todo]
  const id = crypto.randomUUID().replaceAll('-', '').slice(0, 26)
  const chosen = { ...creation({ 'If-None-Match': '*' }), method: 'PUT', path: `/api/todos/${id}`, id }
  const operations = [
    creation(),
    creation({ 'Idempotency-Key': crypto.randomUUID() }),
    chosen,
    change(changed),
    removal(removed),
  ]
  const responses: string[] = []
  for (const operation of operations) responses.push(await attempt(url, ledger, operation))
  return responses
}

async function everyRead({ url }: RunningProcess, ledger: Ledger): Promise<number[]> {
  const [id] = ledger.rows.keys()
  const paths = ['/api/todos', `/api/todos/${id}`, '/health/live', '/health/ready']
  return Promise.all(paths.map(async (path) => (await fetch(url + path)).status))
}

/** Cuts the power: acknowledged writes must survive. */
async function expectKept(runtime: 'node' | 'deno', server: RunningProcess, disk: Disk, ledger: Ledger): Promise<void> {
  await server.stop()
  const rest = await newDisk(disk.shadowDir)
  const again = await start({ runtime, dataDir: rest.dataDir })
  expect(contradictions(ledger, await storedTodos(again.url))).toEqual([])
  await again.stop()
}
