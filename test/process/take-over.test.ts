/** DATA_DIR_WAIT: a server that listens before it owns the data directory. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import type { RunningProcess } from '../harness/server.ts'
import { openConnection } from './connection.ts'
import { freePort } from './free-port.ts'
import { createTodo, runToEnd, servers, terminate, titlesOf } from './servers.ts'
import { temporaryFolders } from './temporary.ts'
import { listens, type WaitingServer, waitingServers, waits } from './waiting-server.ts'

const start = servers()
const startWaiting = waitingServers()
const folder = temporaryFolders()

describe.each(sample(['node', 'deno', 'bun'] as const, 3))(
  'a server on %s whose data directory is in use',
  (runtime) => {
    /** A server that stays. */
    let lasting: RunningProcess
    beforeAll(async () => {
      lasting = await start({ runtime })
    })

    /** A server, and one that waits this long for its data directory. */
    async function startBoth(waitSeconds: number, first: RunningProcess) {
      const { dataDir } = first
      const second = startWaiting({ runtime, dataDir, port: await freePort(), waitSeconds })
      await second.printed(waits)
      return { first, second, dataDir }
    }

    test('prints that it waits, and serves once the other has ended', async () => {
      const { first, second, dataDir } = await startBoth(30, await start({ runtime }))
      await createTodo(first.url, 'milk')
      expect(second.errors()).toBe(`Galley waits for ${dataDir}\n`)
      expect(await terminate(first)).toBe(0)
      await second.printed(listens)
      expect(await titlesOf(second.url)).toEqual(['milk'])
    })

    test('makes its clients wait, and then answers each, for requests of any size', async () => {
      const { first, second } = await startBoth(30, await start({ runtime }))
      const titles = Array.from({ length: 20 }, (_, index) => `todo ${index}`)
      const responses = Promise.all(titles.map((title) => createTodo(second.url, title)))
      // Close to the largest allowed body, and far more than the kernel buffers.
      const large = fetch(`${second.url}/api/todos`, { method: 'POST', body: `{"title":"${'x'.repeat(1_000_000)}"}` })
      await reached(second)
      expect(await terminate(first)).toBe(0)
      expect((await responses).map(({ title }) => title)).toEqual(titles)
      expect((await large).status).toBe(400)
      expect((await titlesOf(second.url)).toSorted()).toEqual(titles.toSorted())
    })

    test('takes over from a killed server', async () => {
      const { first, second } = await startBoth(30, await start({ runtime }))
      await createTodo(first.url, 'milk')
      await terminate(first, 'SIGKILL')
      await second.printed(listens)
      expect(await titlesOf(second.url)).toEqual(['milk'])
    })

    test('ends with one line and code 1 when its time is over, and leaves the other server alone', async () => {
      const { first, second, dataDir } = await startBoth(1, lasting)
      expect(await second.exited).toBe(1)
      const line = `galley: The data directory ${dataDir} is in use by another process.`
      expect(second.errors()).toBe(`Galley waits for ${dataDir}\n${line}\n`)
      expect(await createTodo(first.url, 'milk')).toMatchObject({ title: 'milk' })
    })

    test('lets no client hang when its time is over: each has a 503, or its connection is closed', async () => {
      const { second, dataDir } = await startBoth(1, lasting)
      const responses = Promise.all(Array.from({ length: 20 }, () => statusOf(second)))
      expect(await second.exited).toBe(1)
      for (const status of await responses) expect([503, null]).toContain(status)
      expect(second.errors()).toMatch(new RegExp(`^Galley waits for ${dataDir}\ngalley: [^\n]+\n$`))
    })

    test.each(sample(['SIGTERM', 'SIGINT'] as const, 2))(
      'ends at once at %s, and lets no client hang',
      async (signal) => {
        const { first, second } = await startBoth(600, lasting)
        const waiting = statusOf(second)
        await reached(second)
        second.process.kill(signal)
        expect([0, signal]).toContain(await second.exited)
        expect([503, null]).toContain(await waiting)
        expect(await createTodo(first.url, 'milk')).toMatchObject({ title: 'milk' })
      },
    )

    test('is refused at once without DATA_DIR_WAIT', async () => {
      const { dataDir } = lasting
      const { code, stderr } = await runToEnd({ runtime, dataDir })
      expect([code, stderr]).toEqual([1, `galley: The data directory ${dataDir} is in use by another process.\n`])
    })
  },
)

describe.each(sample(['node', 'deno', 'bun'] as const, 3))('a server on %s that may wait', (runtime) => {
  test('does not wait when the port is taken', async () => {
    const { url, dataDir } = await start({ runtime })
    const { port } = new URL(url)
    const { code, stderr } = await runToEnd({ runtime, dataDir, env: { PORT: port, DATA_DIR_WAIT: '600' } })
    expect([code, stderr]).toEqual([1, `galley: The address 127.0.0.1:${port} is taken.\n`])
  })

  test('does not wait when the database is invalid', async () => {
    const dataDir = await folder()
    await mkdir(join(dataDir, 'galley.db'))
    const { code, stderr } = await runToEnd({ runtime, dataDir, env: { DATA_DIR_WAIT: '600' } })
    expect(code).toBe(1)
    expect(stderr).toMatch(/galley: .*galley\.db.*\n$/)
  })

  test('serves at once where no process has the data directory', async () => {
    const server = startWaiting({ runtime, dataDir: await folder(), port: await freePort(), waitSeconds: 600 })
    await server.printed(listens)
    expect(await titlesOf(server.url)).toEqual([])
  })
})

/** A request's status; null when its connection was closed without a response. An error has the envelope of every error. */
async function statusOf({ url }: WaitingServer): Promise<number | null> {
  const response = await fetch(`${url}/api/todos`).catch(() => null)
  const body: unknown = await response?.json().catch(() => null)
  if (response === null || (body ?? null) === null) return null
  if (response.status === 503) {
    const requestId = response.headers.get('x-request-id')
    expect(body).toEqual({ error: expect.any(String), status: 503, code: 'storage_unavailable', requestId })
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  }
  return response.status
}

/** Resolves once it has taken all connections that were opened to it before, since it takes them in order. */
async function reached({ url }: WaitingServer): Promise<void> {
  const { socket, closed } = await openConnection(url)
  socket.destroy()
  await closed
}
