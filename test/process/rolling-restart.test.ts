/** One server takes over from the other behind nginx, and nobody who uses them notices. */
import { describe, expect, test } from 'vitest'
import { storedTodos } from '../faults/stored.ts'
import { freePort } from './free-port.ts'
import { nginxes } from './nginx.ts'
import { listens, type Successor, successors, waits } from './successor.ts'
import { temporaryFolders } from './temporary.ts'

const startNginx = nginxes()
const start = successors()
const folder = temporaryFolders()

const rounds = 10
const clients = 16
/** So many more writes are answered before the next hand-over begins. */
const writesBetween = 50
const waitSeconds = 30

describe.each(['node', 'deno'] as const)('behind nginx, servers on %s', (runtime) => {
  test('take over from each other ten times, and every request is answered with success', async () => {
    const [dataDir, port, ...ports] = [await folder(), await freePort(), await freePort(), await freePort()] as const
    const { url, output } = await startNginx(await folder(), { port, upstreams: ports })
    let current = start({ runtime, dataDir, port: ports[0], waitSeconds })
    await current.printed(listens)
    const crowd = startCrowd(url)
    for (let round = 1; round <= rounds; round += 1) {
      await crowd.wrote(writesBetween)
      current = await handOver(current, start({ runtime, dataDir, port: ports[round % 2] ?? 0, waitSeconds }))
    }
    await crowd.wrote(writesBetween)
    await crowd.stop()
    expect(crowd.failures, output()).toEqual([])
    expect([...(await storedTodos(url)).keys()].toSorted()).toEqual(crowd.created.toSorted())
    console.info(`${rounds} hand-overs on ${runtime}: ${crowd.created.length} rows`)
  })
})

async function handOver(old: Successor, next: Successor): Promise<Successor> {
  await next.printed(waits)
  old.process.kill('SIGTERM')
  await next.printed(listens)
  expect(await old.exited, old.errors()).toBe(0)
  return next
}

interface Crowd {
  /** The ids of all rows whose creation was acknowledged. */
  created: string[]
  /** Every answer that was none or not a success, in words. */
  failures: string[]
  /** Resolves when so many more rows are created, or something failed. */
  wrote(count: number): Promise<void>
  stop(): Promise<void>
}

/** Clients that read and write all the time, and never ask twice. */
function startCrowd(url: string): Crowd {
  const created: string[] = []
  const failures: string[] = []
  const watchers = new Set<() => void>()
  let going = true

  async function ask(path: string, init: RequestInit): Promise<{ id: string } | null> {
    const response = await fetch(url + path, init)
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.status} ${text}`)
    return (JSON.parse(text) as { data: { id: string } }).data
  }

  async function work(): Promise<void> {
    while (going) {
      await ask('/api/todos?limit=1', {})
      const headers = { 'Idempotency-Key': crypto.randomUUID() }
      const row = await ask('/api/todos', { method: 'POST', headers, body: '{"title":"milk"}' })
      if (row) created.push(row.id)
      for (const watcher of watchers) watcher()
    }
  }

  const works = Array.from({ length: clients }, () =>
    work().catch((error: Error) => {
      failures.push(`${error.message} ${String(error.cause ?? '')}`)
      for (const watcher of watchers) watcher()
    }),
  )
  return {
    created,
    failures,
    wrote(count) {
      const enough = created.length + count
      const { promise, resolve } = Promise.withResolvers<void>()
      const watcher = () => {
        if (created.length >= enough || failures.length > 0) resolve()
      }
      watchers.add(watcher)
      return promise.finally(() => watchers.delete(watcher))
    },
    async stop() {
      going = false
      await Promise.all(works)
    },
  }
}
