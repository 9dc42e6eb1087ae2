/** Long polls and streams without a socket in between, to see which subscriptions are held and which are released. */
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, test } from 'vitest'
import { createSqliteDatabase } from '../../adapters/sqlite/database.ts'
import { createTestApp } from './app.ts'
import { range } from './world.ts'
import { turn } from './wrapped-database.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function createServer() {
  const connection = new DatabaseSync(':memory:')
  const database = createSqliteDatabase(connection)
  const app = createTestApp({ database })
  await app.start()
  closing.push(() => database.close())
  const send = async (path: string, init: RequestInit = {}) =>
    app.fetch(new Request(`http://localhost/api/topics/playground/events${path}`, init))
  const publish = async (count: number, text = '') => {
    const body = JSON.stringify({ type: 'said', data: text })
    const replies = await Promise.all(range(1, count).map(() => send('', { method: 'POST', body })))
    for (const { status } of replies) expect(status).toBe(201)
  }
  const { position } = (await (await send('')).json()) as { position: { epoch: string } }
  const queryAfter = (offset: number, more = '') => `?after=${offset}&epoch=${position.epoch}${more}`
  const open = (offset: number) => send(queryAfter(offset), { headers: { Accept: 'text/event-stream' } })
  return { app, poll: send, publish, queryAfter, open, connection }
}

/** The messages of a stream: the name of each event, or its offset. */
async function* messagesIn(response: Response): AsyncGenerator<string | number> {
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (text + chunk).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, name] = /^event: (.*)$/m.exec(block) ?? []
      const [, offset] = /^id: \w+:(\d+)$/m.exec(block) ?? []
      if (offset !== undefined) yield name ?? Number(offset)
    }
  }
}

async function collect(messages: AsyncGenerator<string | number>, last: string | number): Promise<(string | number)[]> {
  const all: (string | number)[] = []
  while (all.at(-1) !== last) all.push((await messages.next()).value)
  return all
}

describe('a stream', () => {
  test('that is not read buffers few events, and reads the rest from the log', async () => {
    const { publish, open, connection } = await createServer()
    const response = await open(0)
    for (const _ of range(1, 20)) await publish(50, 'x'.repeat(1000))
    connection.exec('delete from galley_events where "offset" <= 900')
    const messages = messagesIn(response)
    const [position, ...held] = (await collect(messages, 'gap')).slice(0, -1)
    expect(position).toBe('position')
    expect(held.length).toBeLessThan(400)
    expect(held).toEqual(range(1, held.length))
    await messages.return(undefined)
  })

  test('that is read late and little by little lacks nothing', async () => {
    const { publish, open } = await createServer()
    const response = await open(0)
    await publish(900, 'x'.repeat(500))
    const messages = messagesIn(response)
    expect(await collect(messages, 500)).toEqual(['position', ...range(1, 500)])
    await publish(100)
    expect(await collect(messages, 1000)).toEqual(range(501, 1000))
    await messages.return(undefined)
  })

  test('that is abandoned is released', async () => {
    const { app, publish, open } = await createServer()
    const response = await open(0)
    await response.body?.cancel()
    await publish(3)
    app.drain()
    const late = await open(0)
    expect(late.status).toBe(503)
  })

  test('ends when the server stops, after the events published before', async () => {
    const { app, publish, open } = await createServer()
    const response = await open(0)
    await publish(3)
    await turn()
    app.drain()
    const received = []
    for await (const each of messagesIn(response)) received.push(each)
    expect(received).toEqual(['position', 1, 2, 3])
  })
})

describe('a long poll', () => {
  test('that waits gets an empty response when the server stops, and none waits after that', async () => {
    const { app, poll, queryAfter } = await createServer()
    const waiting = poll(queryAfter(0, '&wait=25'))
    await turn()
    app.drain()
    expect((await waiting).status).toBe(204)
    expect((await poll(queryAfter(0, '&wait=25'))).status).toBe(204)
  })

  test('still gets the available events when the server stops', async () => {
    const { app, poll, queryAfter, publish } = await createServer()
    await publish(2)
    app.drain()
    expect((await poll(queryAfter(0, '&wait=25'))).status).toBe(200)
  })

  test('whose client is gone is over', async () => {
    const { poll, queryAfter } = await createServer()
    const client = new AbortController()
    const waiting = poll(queryAfter(0, '&wait=25'), { signal: client.signal })
    await turn()
    client.abort()
    expect((await waiting).status).toBe(204)
  })
})
