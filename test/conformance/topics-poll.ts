import { expect, test } from 'vitest'
import type { Reply, Subject } from './http.ts'
import { createTodo, unique } from './rows.ts'
import { eventsPath, pageOf, positionOf, publish, publishMany } from './topics.ts'

export function topicPollCases(subject: Subject): void {
  polls(subject)
  waits(subject)
  gaps(subject)
  refusals(subject)
}

const gapOf = (reply: Reply) => {
  const { code, reason, position } = JSON.parse(reply.text) as Record<string, unknown>
  return { status: reply.status, code, reason, position }
}

function polls({ send }: Subject): void {
  test('without a position it returns the current position at once', async () => {
    const reply = await send('GET /api/topics/todos/events?wait=25')
    expect(reply.status).toBe(200)
    expect(pageOf(reply).data).toEqual([])
    expect(pageOf(reply).position).toEqual({
      epoch: expect.stringMatching(/^\w+$/),
      offset: expect.any(Number),
    })
  })

  test('a topic without an event is at offset 0', async () => {
    expect((await positionOf(send, `boards/${crypto.randomUUID()}`)).offset).toBe(0)
  })

  test('nothing new is 204 without a body', async () => {
    const reply = await send(`GET ${eventsPath('todos', await positionOf(send, 'todos'))}`)
    expect([reply.status, reply.text, reply.header('cache-control')]).toEqual([204, '', 'no-store'])
  })

  test('the position of a response is that of its last event, and polling continues from there', async () => {
    const start = await positionOf(send, 'playground')
    for (const type of ['a', 'b', 'c', 'd', 'e']) await publish(send, 'playground', { type })
    const types: string[] = []
    let position = start
    for (const _ of [1, 2, 3]) {
      const reply = await send(`GET ${eventsPath('playground', position, { limit: '2' })}`)
      expect(reply.header('cache-control')).toBe('no-store')
      const page = pageOf(reply)
      types.push(page.data.map(({ type }) => type).join(''))
      position = page.position
    }
    expect(types).toEqual(['ab', 'cd', 'e'])
    expect(position).toEqual({ epoch: start.epoch, offset: start.offset + 5 })
  })

  test('the versioned address answers the same', async () => {
    const reply = await send('GET /api/v1/topics/todos/events')
    expect(pageOf(reply).position).toEqual(await positionOf(send, 'todos'))
  })

  test('HEAD is GET without the body', async () => {
    const position = await positionOf(send, 'todos')
    await createTodo(send)
    const path = eventsPath('todos', position)
    const [get, head] = [await send(`GET ${path}`), await send(`HEAD ${path}`)]
    expect([head.status, head.text, head.header('content-type')]).toEqual([200, '', get.header('content-type')])
  })
}

function waits({ send }: Subject): void {
  test('a waiting poll is answered by a later write', async () => {
    const position = await positionOf(send, 'todos')
    const waiting = send(`GET ${eventsPath('todos', position, { wait: '25' })}`)
    const todo = await createTodo(send)
    const { data } = pageOf(await waiting)
    expect(data.map(({ data: row }) => row)).toEqual([todo])
  })

  test('a poll that waits for an audience is answered by a write to it and not by others', async () => {
    const [mine, other] = [`boards/${crypto.randomUUID()}`, `boards/${crypto.randomUUID()}`]
    const position = await positionOf(send, mine)
    const waiting = send(`GET ${eventsPath(mine, position, { wait: '25' })}`)
    await publish(send, other, { type: 'theirs' })
    await publish(send, mine, { type: 'mine' })
    expect(pageOf(await waiting).data.map(({ type }) => type)).toEqual(['mine'])
  })

  test('many waiting polls are all answered', async () => {
    const position = await positionOf(send, 'playground')
    const path = eventsPath('playground', position, { wait: '25' })
    const waiting = Array.from({ length: 30 }, () => send(`GET ${path}`))
    await publish(send, 'playground', { type: 'all' })
    const replies = await Promise.all(waiting)
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  })

  test('a wait that is over without an event is 204', async () => {
    const reply = await send(`GET ${eventsPath('todos', await positionOf(send, 'todos'), { wait: '1' })}`)
    expect(reply.status).toBe(204)
  })
}

function gaps({ send }: Subject): void {
  test('a position of another epoch is a gap with the current position', async () => {
    const position = await positionOf(send, 'todos')
    const reply = await send(`GET ${eventsPath('todos', { epoch: 'f00d', offset: 0 }, { wait: '25' })}`)
    expect(gapOf(reply)).toEqual({ status: 410, code: 'gap', reason: 'epoch', position })
    expect(reply.header('cache-control')).toBe('no-store')
  })

  test('a position that has not been yet is a gap', async () => {
    const position = await positionOf(send, 'todos')
    const reply = await send(`GET ${eventsPath('todos', { ...position, offset: position.offset + 1 })}`)
    expect(gapOf(reply)).toEqual({ status: 410, code: 'gap', reason: 'future', position })
  })

  test('a position whose next event is trimmed is a gap, and the kept events can be read', async () => {
    const start = await positionOf(send, 'brief')
    // Topics are trimmed after every 256 events, in the background.
    await publishMany(
      send,
      'brief',
      Array.from({ length: 512 }, () => ({ type: 'many' })),
    )
    let reply = await send(`GET ${eventsPath('brief', start)}`)
    while (reply.status === 200) reply = await send(`GET ${eventsPath('brief', start)}`)
    const position = { ...start, offset: start.offset + 512 }
    expect(gapOf(reply)).toEqual({ status: 410, code: 'gap', reason: 'trimmed', position })
    const kept = await send(`GET ${eventsPath('brief', { ...position, offset: position.offset - 3 })}`)
    expect(pageOf(kept).data.map(({ offset }) => offset)).toEqual([-2, -1, 0].map((n) => position.offset + n))
  })
}

function refusals({ send }: Subject): void {
  test.each(['nothing', 'todos/part', 'boards', 'boards/', 'Todos', 'boards/a/b'])(
    'there is no topic %s',
    async (topic) => {
      expect((await send(`GET /api/topics/${topic}/events`)).status).toBe(404)
      expect((await publish(send, topic, { type: 'x' })).status).toBe(404)
    },
  )

  test.each(['vault', 'boards/closed'])('%s looks as if it did not exist, but accepts messages', async (topic) => {
    expect((await send(`GET /api/topics/${topic}/events`)).status).toBe(404)
    expect((await publish(send, topic, { type: 'x' })).status).toBe(201)
  })

  test.each([
    ['after=0', ['epoch']],
    ['epoch=e', ['after']],
    ['after=-1&epoch=e', ['after']],
    ['after=1.5&epoch=e', ['after']],
    ['after=x&epoch=e', ['after']],
    ['after=99999999999999999&epoch=e', ['after']],
    ['after=0&epoch=e&wait=26', ['wait']],
    ['after=0&epoch=e&wait=-1', ['wait']],
    ['after=0&epoch=e&limit=0', ['limit']],
    ['after=0&epoch=e&limit=257', ['limit']],
    ['after=0&after=1&epoch=e', ['after']],
    ['since=1', ['since']],
  ])('%s is refused with the name of the invalid field', async (query, fields) => {
    const reply = await send(`GET /api/topics/todos/events?${query}`)
    expect([reply.status, reply.badFields]).toEqual([400, fields])
  })

  test.each(['PUT', 'PATCH', 'DELETE'])('%s is not for events', async (method) => {
    const reply = await send(`${method} /api/topics/todos/events`)
    expect([reply.status, reply.header('allow').split(', ').toSorted()]).toEqual([
      405,
      ['GET', 'HEAD', 'OPTIONS', 'POST'],
    ])
  })

  test('only JSON and event streams are acceptable', async () => {
    const reply = await send('GET /api/topics/todos/events', { headers: { Accept: 'image/png' } })
    expect(reply.status).toBe(406)
  })

  test('the presence of a topic is a list, and only where the topic may be read', async () => {
    expect((await send('GET /api/topics/todos/presence')).rows).toEqual([])
    expect((await send(`GET /api/topics/${unique('x').slice(0, 1)}/presence`)).status).toBe(404)
  })
}
