import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { rounds } from '../harness/sample.ts'
import { type RunningProcess, startProcess } from '../harness/server.ts'

const jobs = rounds({ sampled: 300, full: 10_000 })
/** While jobs are enqueued; after that, as often as it takes. */
const lifeMs = 1000
const clients = 16

test('each job of an acknowledged write runs, although the server is killed every second', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'galley-jobs-'))
  const acknowledged = new Set<string>()
  let kills = 0
  let server = await start(dataDir)
  do {
    const timer = setTimeout(() => server.process.kill('SIGKILL'), lifeMs)
    await createUntilGone(server.url, acknowledged)
    if (acknowledged.size >= jobs) server.process.kill('SIGKILL')
    await server.exited
    clearTimeout(timer)
    kills += 1
    server = await start(dataDir)
  } while (acknowledged.size < jobs)
  await expect.poll(() => waitingIn(dataDir), { timeout: 60_000 }).toBe(0)
  await server.stop()
  const sent = runsIn(dataDir)
  expect([...acknowledged].filter((id) => (sent.get(id) ?? 0) < 1)).toEqual([])
  expect([...sent.values()].every((count) => count >= 1)).toBe(true)
  expect(read(dataDir, 'select id from letters where isNoted = 0')).toEqual([])
  console.info(`kill -9 of jobs: ${JSON.stringify({ kills, acknowledged: acknowledged.size, stored: sent.size })}`)
  await rm(dataDir, { recursive: true })
})

function start(dataDir: string): Promise<RunningProcess> {
  return startProcess({ runtime: 'node', entry: 'test/fixtures/node.ts', dataDir, env: { LOG_LEVEL: 'off' } })
}

/** Creates letters, each of which enqueues a job, until there are enough or the server is gone. */
async function createUntilGone(url: string, acknowledged: Set<string>): Promise<void> {
  const client = async () => {
    while (acknowledged.size < jobs) {
      const response = await fetch(`${url}/api/letters`, { method: 'POST', body: '{"text":"a"}' }).catch(() => null)
      if (response === null) return
      const body = (await response.json().catch(() => null)) as { data: { id: string } } | null
      if (body === null) return
      acknowledged.add(body.data.id)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
}

function read(dataDir: string, sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(dataDir, 'galley.db'), { readOnly: true })
  try {
    return database.prepare(sql).all()
  } finally {
    database.close()
  }
}

function waitingIn(dataDir: string): number {
  return Number(read(dataDir, 'select count(*) as count from galley_jobs')[0]?.count)
}

/** The attempt in which each letter was sent; 0 for none. */
function runsIn(dataDir: string): Map<string, number> {
  return new Map(read(dataDir, 'select id, sentIn from letters').map(({ id, sentIn }) => [String(id), Number(sentIn)]))
}
