import { describe, expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import type { RunningProcess } from '../harness/server.ts'
import { freePort } from '../process/free-port.ts'
import { servers, terminate } from '../process/servers.ts'
import { temporaryFolders } from '../process/temporary.ts'
import { faultyProxy } from './faulty-proxy.ts'
import { Inbox } from './inbox.ts'
import { drive, forms, type Line, watch } from './python.ts'
import { create, createMany, eventsAfter, portOf, position } from './topic.ts'

const start = servers()
const folder = temporaryFolders()

describe.each(sample(['node', 'deno'] as const, 2))('the Python client with a server on %s', (runtime) => {
  const someForms = sample(forms, 2)

  test.each(someForms)('a server that is killed again and again costs no event and repeats none (%s)', async (form) => {
    const dataDir = await folder()
    const port = await freePort()
    const restart = () => start({ runtime, dataDir, env: { PORT: String(port) } })
    let server = await restart()
    const begin = await position(server)
    const python = watch(port, 'todos', form, begin)
    const printed: Line[] = []
    for (let kills = 1; kills <= 3; kills += 1) {
      const writing = writeUntilGone(server)
      printed.push(...(await python.take(20)))
      server.process.kill('SIGKILL')
      await Promise.all([writing, server.exited])
      server = await restart()
    }
    await create(server, 'the last')
    const events = await eventsAfter(server, begin)
    printed.push(...(await python.take(events.length - printed.length)))
    expect(printed.map(({ offset }) => offset)).toEqual(events.map((_, index) => begin.offset + 1 + index))
    expect(printed).toEqual(events.map((event) => ({ kind: 'event', topic: 'todos', ...event })))
  })

  test.each(someForms)('a client reconnects to a server that was shut down (%s)', async (form) => {
    const dataDir = await folder()
    const port = await freePort()
    const server = await start({ runtime, dataDir, env: { PORT: String(port) } })
    const python = watch(port, 'todos', form)
    await python.printed('after')
    await terminate(server)
    await python.printed('disconnected: 1012')
    const next = await start({ runtime, dataDir, env: { PORT: String(port) } })
    await create(next, 'after the restart')
    expect(await python.next()).toMatchObject({ offset: 1, data: { title: 'after the restart' } })
  })

  test.each(someForms)(
    'a server that restarts with other data is a gap, and continues from there (%s)',
    async (form) => {
      const port = await freePort()
      const server = await start({ runtime, env: { PORT: String(port) } })
      const python = watch(port, 'todos', form)
      await python.printed('after')
      await create(server, 'in the first history')
      await python.next()
      server.process.kill('SIGKILL')
      await server.exited
      const other = await start({ runtime, env: { PORT: String(port) } })
      const gap = await python.next()
      expect(gap).toMatchObject({ kind: 'gap', reason: 'epoch', position: { offset: 0 } })
      await create(other, 'in the second')
      expect(await python.next()).toMatchObject({ kind: 'event', offset: 1, data: { title: 'in the second' } })
    },
  )
})

describe('the Python client on a network that fails it', () => {
  test('an event that is lost on the way is noticed, and asked for again', async () => {
    const server = await start({ runtime: 'node' })
    const begin = await position(server)
    let isLost = false
    const proxy = await faultyProxy(portOf(server), (line) => {
      if (isLost || !line.includes('"offset":3,')) return line
      isLost = true
      return null
    })
    const python = watch(proxy.port, 'todos', 'text', begin)
    await python.printed('after')
    await createMany(server, 5)
    expect((await python.take(5)).map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5])
    await python.printed('disconnected: event 4 came after 2')
  })

  test('a dead connection is noticed within two heartbeats', async () => {
    const server = await start({ runtime: 'node' })
    const begin = await position(server)
    const proxy = await faultyProxy(portOf(server), (line) => line.replace(/"heartbeatMs":\d+/, '"heartbeatMs":100'))
    const python = watch(proxy.port, 'todos', 'text', begin)
    await create(server, 'one')
    expect(await python.next()).toMatchObject({ offset: 1 })
    proxy.mute()
    await create(server, 'two')
    expect(await python.next()).toMatchObject({ offset: 2 })
    await python.printed('connected', 2)
  })

  test('a quiet connection is kept alive by pings', async () => {
    const server = await start({ runtime: 'node' })
    const pongs = new Inbox<string>()
    const proxy = await faultyProxy(portOf(server), (line) => {
      if (line.includes('"pong"')) pongs.add(line)
      return line.replace(/"heartbeatMs":\d+/, '"heartbeatMs":50')
    })
    const python = watch(proxy.port, 'todos', 'text')
    await pongs.take(3)
    await create(server, 'on the first connection')
    expect(await python.next()).toMatchObject({ offset: 1 })
    expect(python.errors()).not.toContain('disconnected')
  })

  test('a request that gets no response fails, and the next one works', async () => {
    const server = await start({ runtime: 'node' })
    const proxy = await faultyProxy(portOf(server), (line) => {
      if (line.includes('swallow')) proxy.mute()
      return line.replace(/"heartbeatMs":\d+/, '"heartbeatMs":100')
    })
    const python = drive(proxy.port, 'text')
    python.act('request', { method: 'echo', swallow: true })
    python.act('request', { method: 'echo', again: true })
    expect(await python.take(2)).toEqual([{ failed: 'TimeoutError' }, { result: { again: true } }])
  })
})

/** Writes one todo after the other until the server has exited. */
async function writeUntilGone(server: RunningProcess): Promise<void> {
  for (let index = 0; ; index += 1) {
    try {
      await create(server, `todo ${index}`)
    } catch (error) {
      if (server.process.exitCode === null && !server.process.killed) throw error
      return
    }
  }
}
