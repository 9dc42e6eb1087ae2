import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { rounds } from '../harness/sample.ts'
import { type RunningProcess, startProcess } from '../harness/server.ts'
import { startReceiver } from '../webhooks/receiver.ts'

const jobs = rounds({ sampled: 300, full: 10_000 })
/** While jobs are enqueued; after that, as often as it takes. */
const lifeMs = 1000
const clients = 16

test('each job and each webhook of an acknowledged write is done, although the server is killed every second', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'galley-jobs-'))
  const acknowledged = new Set<string>()
  let kills = 0
  const receiver = await startReceiver()
  let server = await start(dataDir)
  await subscribe(server.url, receiver.url)
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
  const received = new Set(receiver.received.map(({ body }) => (JSON.parse(body) as { data: { id: string } }).data.id))
  expect([...acknowledged].filter((id) => !received.has(id))).toEqual([])
  await receiver.close()
  console.info(
    `kill -9 of jobs: ${JSON.stringify({ kills, acknowledged: acknowledged.size, stored: sent.size, received: receiver.received.length })}`,
  )
  await rm(dataDir, { recursive: true })
})

function start(dataDir: string): Promise<RunningProcess> {
  return startProcess({ runtime: 'node', entry: 'test/fixtures/node.ts', dataDir, env })
}

const env = { LOG_LEVEL: 'off', WEBHOOKS_ALLOW_PRIVATE: '127.0.0.1' }

/** Has new letters sent to a receiver. */
async function subscribe(server: string, receiver: string): Promise<void> {
  const account = { email: 'admin@example.org', password: 'correct horse battery', token: true }
  let headers = {}
  const post = async (path: string, body: object) => {
    const response = await fetch(server + path, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(await response.text())
    return response.status === 204 ? null : ((await response.json()) as { data: { token: string } }).data
  }
  for (const path of ['/api/auth/sign-up', '/api/promotion', '/api/auth/sign-in']) {
    const data = await post(path, account)
    if (data !== null) headers = { authorization: `Bearer ${data.token}` }
  }
  await post('/api/admin/webhooks', { url: receiver, events: ['letters.created'] })
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
