import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Server, serve } from '../../../adapters/tcp/serve.ts'
import { root } from '../../harness/server.ts'
import { inProcess } from './in-process.ts'
import { runScenario } from './scenario.ts'
import { lifeScenarios } from './scenarios.ts'
import { openWire } from './wire.ts'

describe.each(Object.entries(lifeScenarios))('as to %s the server', (_, scenarios) => {
  test.concurrent.each(scenarios)('$title', (scenario) => runScenario(scenario, inProcess, openWire))
})

const hostname = '127.0.0.1'

function serveHello(options: Partial<Parameters<typeof serve>[0]> = {}): Promise<Server> {
  return serve({ fetch: () => new Response('hello'), port: 0, hostname, ...options })
}

/** Runs a program that imports `serve` with few file descriptors, and resolves with what it writes once it has exited by itself. */
async function runProgram(text: string): Promise<string> {
  const program = `import { serve } from './adapters/tcp/serve.ts'\n${text}`
  const limited = ['-c', 'ulimit -n 100; exec "$0" --input-type=module-typescript -e "$1"', process.execPath, program]
  const { stdout } = await promisify(execFile)('sh', limited, { cwd: root })
  return stdout.trim()
}

describe('a server', () => {
  test('closes when its signal is aborted', async () => {
    const stop = new AbortController()
    const { port } = await serveHello({ signal: stop.signal })
    const wire = await openWire({ port })
    stop.abort()
    await wire.closed
    await expect(openWire({ port })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('is closed at once when its signal was aborted before', async () => {
    const { port, close } = await serveHello({ signal: AbortSignal.abort() })
    await close()
    await expect(openWire({ port })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('rejects when its port is taken', async () => {
    const taken = createServer().listen(0, hostname)
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    await expect(serveHello({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    taken.close()
  })

  test('rejects an address that is not of this machine', async () => {
    await expect(serveHello({ hostname: '192.0.2.1' })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
  })

  test('rejects an invalid certificate', async () => {
    await expect(serveHello({ tls: { cert: 'no certificate', key: 'no key' } })).rejects.toThrow()
  })

  test('serves beside others in one process, each with its own limits', async () => {
    const servers = await Promise.all(
      [1, 2, 3].map((count) => serveHello({ limits: { requestsPerConnectionMax: count } })),
    )
    for (const [index, { port }] of servers.entries()) {
      const wire = await openWire({ port })
      wire.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(5))
      expect((await wire.all()).responses).toHaveLength(index + 1)
    }
    await Promise.all(servers.map(({ close }) => close()))
  })

  test('gives its port back, so that the next one can have it', async () => {
    const first = await serveHello()
    await first.close()
    const second = await serveHello({ port: first.port })
    expect(second.port).toBe(first.port)
    await second.close()
  })

  test('resolves every close() of several', async () => {
    const { close } = await serveHello()
    await Promise.all([close(), close(), close(0)])
    await close()
  })
})

describe('a process', () => {
  test('exits by itself after its server could not listen', async () => {
    const server = await serveHello()
    const program = `serve({ fetch: () => new Response(), hostname: '${hostname}', port: ${server.port} })
      .catch(({ code }) => console.log(code))`
    expect(await runProgram(program)).toBe('EADDRINUSE')
    await server.close()
  })

  test('exits by itself after its server has closed, with a client still there', async () => {
    const program = `
      import { once } from 'node:events'
      import { connect } from 'node:net'
      const server = await serve({ fetch: () => new Response('hello'), hostname: '${hostname}', port: 0 })
      const socket = connect(server.port, '${hostname}')
      socket.write('GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n')
      await once(socket, 'data')
      await server.close()
      console.log('closed')`
    expect(await runProgram(program)).toBe('closed')
  })

  test('survives clients when it is out of file descriptors, and cuts late ones still', async () => {
    const program = `
      import { once } from 'node:events'
      import { connect } from 'node:net'
      import { openSync, closeSync } from 'node:fs'
      const limits = { headTimeoutMs: 300 }
      const server = await serve({ fetch: () => new Response('hello'), hostname: '${hostname}', port: 0, limits })
      const files = []
      try {
        for (;;) files.push(openSync('/dev/null'))
      } catch {}
      closeSync(files.pop())
      for (let round = 0; round < 20; round++) {
        const socket = connect(server.port, '${hostname}')
        socket.on('error', () => {}).resume()
        await once(socket, 'close')
      }
      for (const file of files) closeSync(file)
      const late = connect(server.port, '${hostname}')
      late.write('GET')
      const [answer] = await once(late, 'data')
      console.log(String(answer).slice(0, 12))
      late.destroy()
      await server.close(0)`
    expect(await runProgram(program)).toBe('HTTP/1.1 408')
  })
})
