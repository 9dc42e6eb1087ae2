/** One server takes over from the other behind nginx, and nobody who uses them notices. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { storedTodos } from '../faults/stored.ts'
import { rounds } from '../harness/sample.ts'
import { root } from '../harness/server.ts'
import { freePort } from './free-port.ts'
import { nginxes } from './nginx.ts'
import { type ProxiedCrowd, startProxiedCrowd } from './proxied-crowd.ts'
import { listens, type Successor, successors, waits } from './successor.ts'
import { temporaryFolders } from './temporary.ts'

const startNginx = nginxes()
const start = successors()
const folder = temporaryFolders()

const handOvers = rounds({ sampled: 2, full: 10 })
const clients = 16
/** So many more writes are answered before the next hand-over begins. */
const writesBetween = 50
const waitSeconds = 30

describe.each(['node', 'deno'] as const)('after hand-overs behind nginx on %s', (runtime) => {
  test('every request was answered with success, and what was acknowledged is there once', async () => {
    const { crowd, stored, output } = await handOverUnderLoad({ keyed: true, repeats: 'non_idempotent' })
    expect(crowd.failures, output).toEqual([])
    expect(stored.toSorted()).toEqual(crowd.created.toSorted())
  })

  test('no write without a key was done twice or forgotten, where nginx repeats none', async () => {
    const { crowd, stored } = await handOverUnderLoad({ keyed: false, repeats: '' })
    expect(stored).toEqual(expect.arrayContaining(crowd.created))
    // A connection that is cut leaves it open whether its write happened, as anywhere.
    expect(stored.length).toBeLessThanOrEqual(crowd.created.length + crowd.failures.length)
  })

  async function handOverUnderLoad({ keyed, repeats }: { keyed: boolean; repeats: string }): Promise<Outcome> {
    const [dataDir, port, ...ports] = [await folder(), await freePort(), await freePort(), await freePort()] as const
    const { url, output } = await startNginx(await folder(), { port, upstreams: ports, repeats })
    let current = start({ runtime, dataDir, port: ports[0], waitSeconds })
    await current.printed(listens)
    const crowd = startProxiedCrowd({ url, clients, keyed })
    for (let round = 1; round <= handOvers; round += 1) {
      await crowd.wrote(writesBetween)
      current = await handOver(current, start({ runtime, dataDir, port: ports[round % 2] ?? 0, waitSeconds }))
    }
    await crowd.wrote(writesBetween)
    await crowd.stop()
    const stored = [...(await storedTodos(current.url)).keys()]
    const figures = { handOvers, keyed, rows: stored.length, failures: crowd.failures.length }
    console.info(`hand-overs on ${runtime}: ${JSON.stringify(figures)}`)
    return { crowd, stored, output: output() }
  }
})

test('nginx keeps the metrics to this machine, and leaves it to the server what is too large', async () => {
  const [port, ...ports] = [await freePort(), await freePort(), await freePort()] as const
  const { url } = await startNginx(await folder(), { port, upstreams: ports, repeats: 'non_idempotent' })
  const server = start({ runtime: 'node', dataDir: await folder(), port: ports[0], waitSeconds })
  await server.printed(listens)
  expect((await fetch(`${url}/metrics`)).status).toBe(404)
  expect((await fetch(`${server.url}/metrics`)).status).toBe(200)
  const large = await fetch(`${url}/api/todos`, { method: 'POST', body: 'x'.repeat(1_500_000) })
  expect(await large.json()).toMatchObject({ status: 413, code: 'body_too_large' })
})

test('docs/deployment.md shows the configuration of these tests', async () => {
  const [docs, example] = await Promise.all(
    ['docs/deployment.md', 'examples/nginx.conf'].map((path) => readFile(join(root, path), 'utf8')),
  )
  const shown = /^```nginx\n(.*?)^```$/ms.exec(docs ?? '')?.[1]
  const inside = /^http \{\n(.*)^\}$/ms.exec(example ?? '')?.[1]
  expect(shown).toBe(inside?.replace(/^ {2}/gm, ''))
})

interface Outcome {
  crowd: ProxiedCrowd
  /** The ids of all rows at the end. */
  stored: string[]
  /** What nginx reported. */
  output: string
}

async function handOver(old: Successor, next: Successor): Promise<Successor> {
  await next.printed(waits)
  old.process.kill('SIGTERM')
  await next.printed(listens)
  expect(await old.exited, old.errors()).toBe(0)
  return next
}
