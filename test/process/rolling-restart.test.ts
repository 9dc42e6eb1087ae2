/** Hand-overs between two servers behind nginx lose no request. */
import { describe, expect, test } from 'vitest'
import { storedTodos } from '../faults/stored.ts'
import { rounds, sample } from '../harness/sample.ts'
import { freePort } from './free-port.ts'
import { nginxes } from './nginx.ts'
import { type ProxiedLoad, startProxiedLoad } from './proxied-load.ts'
import { temporaryFolders } from './temporary.ts'
import { listens, type WaitingServer, waitingServers, waits } from './waiting-server.ts'

const startNginx = nginxes()
const start = waitingServers()
const folder = temporaryFolders()

const handOvers = rounds({ sampled: 2, full: 10 })
const clients = 16
/** The number of writes that are answered before the next hand-over begins. */
const writesBetween = 50
const waitSeconds = 30

describe.each(sample(['node', 'deno'] as const, 2))('after hand-overs behind nginx on %s', (runtime) => {
  test('every request succeeded, and each acknowledged row exists once', async () => {
    const { load, stored, output } = await handOverUnderLoad({ keyed: true, repeats: 'non_idempotent' })
    expect(load.failures, output).toEqual([])
    expect(stored.toSorted()).toEqual(load.created.toSorted())
  })

  test('no write without a key was repeated or lost, where nginx retries none', async () => {
    const { load, stored } = await handOverUnderLoad({ keyed: false, repeats: '' })
    expect(stored).toEqual(expect.arrayContaining(load.created))
    // A cut connection leaves the outcome of its write unknown.
    expect(stored.length).toBeLessThanOrEqual(load.created.length + load.failures.length)
  })

  async function handOverUnderLoad({ keyed, repeats }: { keyed: boolean; repeats: string }): Promise<Outcome> {
    const [dataDir, port, ...ports] = [await folder(), await freePort(), await freePort(), await freePort()] as const
    const { url, output } = await startNginx(await folder(), { port, upstreams: ports, repeats })
    let current = start({ runtime, dataDir, port: ports[0], waitSeconds })
    await current.printed(listens)
    const load = startProxiedLoad({ url, clients, keyed })
    for (let round = 1; round <= handOvers; round += 1) {
      await load.wrote(writesBetween)
      current = await handOver(current, start({ runtime, dataDir, port: ports[round % 2] ?? 0, waitSeconds }))
    }
    await load.wrote(writesBetween)
    await load.stop()
    const stored = [...(await storedTodos(current.url)).keys()]
    const figures = { handOvers, keyed, rows: stored.length, failures: load.failures.length }
    console.info(`hand-overs on ${runtime}: ${JSON.stringify(figures)}`)
    return { load, stored, output: output() }
  }
})

test('nginx serves the metrics to this machine only, and leaves size limits to the server', async () => {
  const [port, ...ports] = [await freePort(), await freePort(), await freePort()] as const
  const { url } = await startNginx(await folder(), { port, upstreams: ports, repeats: 'non_idempotent' })
  const server = start({ runtime: 'node', dataDir: await folder(), port: ports[0], waitSeconds })
  await server.printed(listens)
  expect((await fetch(`${url}/metrics`)).status).toBe(404)
  expect((await fetch(`${server.url}/metrics`)).status).toBe(200)
  const large = await fetch(`${url}/api/todos`, { method: 'POST', body: 'x'.repeat(1_500_000) })
  expect(await large.json()).toMatchObject({ status: 413, code: 'body_too_large' })
})

interface Outcome {
  load: ProxiedLoad
  /** The ids of all rows at the end. */
  stored: string[]
  /** Standard error of nginx. */
  output: string
}

async function handOver(old: WaitingServer, next: WaitingServer): Promise<WaitingServer> {
  await next.printed(waits)
  old.process.kill('SIGTERM')
  await next.printed(listens)
  expect(await old.exited, old.errors()).toBe(0)
  return next
}
