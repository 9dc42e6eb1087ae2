import { EventSource } from 'eventsource'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import type { RunningServer } from '../harness/server.ts'
import { freePort } from '../process/free-port.ts'
import { servers } from '../process/servers.ts'
import { temporaryFolders } from '../process/temporary.ts'
import { Inbox } from './inbox.ts'
import { create, createMany, eventsAfter, position } from './topic.ts'

interface Seen {
  type: string
  id: string
  data: unknown
}

const start = servers()
const folder = temporaryFolders()

describe.each(sample(['node', 'deno'] as const, 2))('the npm package eventsource with a server on %s', (runtime) => {
  test('events arrive live, after the start position', async () => {
    const server = await start({ runtime })
    const { epoch } = await position(server)
    const seen = listen(server)
    expect(await seen.next()).toEqual({
      type: 'position',
      id: `${epoch}:0`,
      data: { epoch, offset: 0, recovered: true },
    })
    await createMany(server, 3)
    const events = await eventsAfter(server, { epoch, offset: 0 })
    expect(await seen.take(3)).toEqual(
      events.map((event) => ({ type: 'message', id: `${epoch}:${event.offset}`, data: event })),
    )
  })

  test('earlier events are sent after the requested position', async () => {
    const server = await start({ runtime })
    const { epoch } = await position(server)
    await createMany(server, 3)
    const seen = listen(server, `?after=1&epoch=${epoch}`)
    expect((await seen.take(3)).map(({ id }) => id)).toEqual([`${epoch}:1`, `${epoch}:2`, `${epoch}:3`])
  })

  test('a server that is killed costs no event and repeats none', async () => {
    const dataDir = await folder()
    const options = { runtime, dataDir, env: { PORT: String(await freePort()) } }
    const server = await start(options)
    const { epoch } = await position(server)
    const seen = listen(server)
    await seen.next()
    await createMany(server, 3)
    await seen.take(3)
    server.process.kill('SIGKILL')
    await server.exited
    const again = await start(options)
    await create(again, 'after the restart')
    const [back, event] = await seen.take(2)
    expect(back).toMatchObject({ type: 'position', data: { epoch, offset: 3, recovered: true } })
    expect(event).toMatchObject({ type: 'message', id: `${epoch}:4`, data: { data: { title: 'after the restart' } } })
  })

  test('a server that restarts with other data is a gap', async () => {
    const options = { runtime, env: { PORT: String(await freePort()) } }
    const server = await start(options)
    const seen = listen(server)
    await seen.next()
    server.process.kill('SIGKILL')
    await server.exited
    const { epoch } = await position(await start(options))
    const data = { epoch, offset: 0, recovered: false, reason: 'epoch' }
    expect(await seen.take(2)).toEqual([
      { type: 'position', id: `${epoch}:0`, data },
      { type: 'gap', id: `${epoch}:0`, data },
    ])
  })
})

function listen(server: RunningServer, query = ''): Inbox<Seen> {
  const seen = new Inbox<Seen>()
  const source = new EventSource(`${server.url}/api/topics/todos/events${query}`)
  onTestFinished(() => source.close())
  for (const type of ['position', 'message', 'gap']) {
    source.addEventListener(type, ({ lastEventId, data }) =>
      seen.add({ type, id: lastEventId, data: JSON.parse(data) }),
    )
  }
  return seen
}
