import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import { useBrowser } from '../page/browser.ts'
import { freePort } from '../process/free-port.ts'
import { servers } from '../process/servers.ts'
import { temporaryFolders } from '../process/temporary.ts'
import { Inbox } from './inbox.ts'
import { create, createMany, position } from './topic.ts'

type Message = Record<string, unknown>

const openPage = useBrowser()
const start = servers()
const folder = temporaryFolders()

describe.each(sample(['node', 'deno'] as const, 2))("chromium's EventSource with a server on %s", (runtime) => {
  test('events arrive live, and a killed server loses and repeats none', async () => {
    const options = { runtime, dataDir: await folder(), env: { PORT: String(await freePort()) } }
    const server = await start(options)
    const { epoch } = await position(server)
    const { page } = await openPage(server.url)
    const seen = await listen(page)
    expect(await seen.next()).toMatchObject({ type: 'position', id: `${epoch}:0`, data: { recovered: true } })
    await createMany(server, 3)
    expect((await seen.take(3)).map(({ id }) => id)).toEqual([`${epoch}:1`, `${epoch}:2`, `${epoch}:3`])
    server.process.kill('SIGKILL')
    await server.exited
    await create(await start(options), 'after the restart')
    expect(await seen.take(2)).toMatchObject([
      { type: 'position', data: { epoch, offset: 3, recovered: true } },
      { type: 'message', id: `${epoch}:4`, data: { type: 'created', data: { title: 'after the restart' } } },
    ])
  })
})

describe.each(sample(['node', 'deno'] as const, 2))("chromium's WebSocket with a server on %s", (runtime) => {
  test('requests and events work, and the close code tells whether to reconnect', async () => {
    const server = await start({ runtime })
    const { page } = await openPage(server.url)
    const { messages, send } = await connect(page)
    await send({ id: 1, method: 'POST /api/todos', params: { body: { title: 'from a browser' } } })
    expect(await messages.next()).toMatchObject({ id: 1, result: { status: 201 } })
    await send({ id: 2, method: 'subscribe', params: { topic: 'todos' } })
    expect(await messages.next()).toMatchObject({ id: 2, result: { position: { offset: 1 }, recovered: true } })
    await create(server, 'from another address')
    expect(await messages.next()).toMatchObject({ method: 'event', params: { offset: 2, type: 'created' } })
    server.process.kill('SIGTERM')
    expect(await messages.take(2)).toMatchObject([
      { method: 'goaway', params: { code: 1012, reconnect: true } },
      { closed: 1012 },
    ])
  })
})

/** Lets scripts of the page report their results. */
async function receive(page: Page): Promise<Inbox<Message>> {
  const inbox = new Inbox<Message>()
  await page.exposeFunction('hand', (message: Message) => inbox.add(message))
  return inbox
}

async function listen(page: Page): Promise<Inbox<Message>> {
  const inbox = await receive(page)
  await page.evaluate(`{
    const source = new EventSource('/api/topics/todos/events')
    for (const type of ['position', 'message', 'gap']) source.addEventListener(type, (event) =>
      hand({ type, id: event.lastEventId, data: JSON.parse(event.data) }))
  }`)
  return inbox
}

async function connect(page: Page): Promise<{ messages: Inbox<Message>; send(message: Message): Promise<unknown> }> {
  const messages = await receive(page)
  await page.evaluate(`new Promise((resolve, reject) => {
    globalThis.socket = new WebSocket('/api/connect', ['galley.v1.json'])
    socket.onopen = () => resolve()
    socket.onerror = () => reject(new Error('The WebSocket did not open'))
    socket.onmessage = (event) => hand(JSON.parse(event.data))
    socket.onclose = (event) => hand({ closed: event.code })
  })`)
  const send = (message: Message) =>
    page.evaluate(`socket.send(${JSON.stringify(JSON.stringify({ jsonrpc: '2.0', ...message }))})`)
  return { messages, send }
}
