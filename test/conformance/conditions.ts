import { expect, test } from 'vitest'
import { type Subject, tally } from './http.ts'
import { createTodo, etagOf } from './rows.ts'

const missing = '/api/todos/00000000000000000000000000'

export function conditionCases(subject: Subject): void {
  reading(subject)
  writing(subject)
}

function reading({ send }: Subject): void {
  test.each([
    ['the tag', (tag: string) => tag],
    ['the tag, weakened', (tag: string) => `W/${tag}`],
    ['a list with the tag', (tag: string) => `"1", W/"2" , ${tag}`],
    ['*', () => '*'],
  ])('If-None-Match with %s is 304 without a body', async (_, condition) => {
    const todo = await createTodo(send)
    const headers = { 'If-None-Match': condition(etagOf(todo)) }
    for (const method of ['GET', 'HEAD']) {
      const reply = await send(`${method} /api/todos/${todo.id}`, { headers })
      expect(reply.status).toBe(304)
      expect(reply.bytes).toHaveLength(0)
      expect(reply.header('etag')).toBe(etagOf(todo))
    }
  })

  test('If-None-Match with an old tag gives the row', async () => {
    const todo = await createTodo(send)
    await send(`PUT /api/todos/${todo.id}`, { body: { completed: true } })
    const reply = await send(`GET /api/todos/${todo.id}`, { headers: { 'If-None-Match': etagOf(todo) } })
    expect(reply.status).toBe(200)
    expect(reply.header('etag')).not.toBe(etagOf(todo))
  })

  test('every change gives a new ETag', async () => {
    const { id } = await createTodo(send)
    const tags = new Set<string>()
    for (let n = 0; n < 10; n += 1) {
      tags.add((await send(`PATCH /api/todos/${id}`, { body: { completed: n % 2 === 0 } })).header('etag'))
    }
    expect(tags.size).toBe(10)
  })
}

const writes = [
  ['PUT', { completed: true }],
  ['PATCH', { completed: true }],
  ['DELETE', undefined],
] as const

function writing({ send }: Subject): void {
  test.each(writes)('%s with an old If-Match is 412 and changes nothing', async (method, body) => {
    const first = await createTodo(send)
    const { row } = await send(`PUT /api/todos/${first.id}`, { body: { title: 'moved on' } })
    const headers = { 'If-Match': etagOf(first) }
    const reply = await send(`${method} /api/todos/${first.id}`, { body, headers })
    expect(reply.status).toBe(412)
    expect(reply.body().code).toBe('precondition_failed')
    expect((await send(`GET /api/todos/${first.id}`)).row).toEqual(row)
  })

  const good = [
    ['the tag', (tag: string) => tag],
    ['the tag, weakened', (tag: string) => `W/${tag}`],
    ['a list with the tag', (tag: string) => `"1",${tag}`],
    ['*', () => '*'],
  ] as const
  test.each(writes.flatMap(([method, body]) => good.map(([name, make]) => ({ method, body, name, make }))))(
    '$method with If-Match of $name goes through',
    async ({ method, body, make }) => {
      const todo = await createTodo(send)
      const headers = { 'If-Match': make(etagOf(todo)) }
      expect((await send(`${method} /api/todos/${todo.id}`, { body, headers })).status).toBeLessThan(300)
    },
  )

  test.each(writes)('%s with If-Match of a row that is not there is 404', async (method, body) => {
    expect((await send(`${method} ${missing}`, { body, headers: { 'If-Match': '*' } })).status).toBe(404)
  })

  test('of many changes of one version at once, one goes through', async () => {
    const todo = await createTodo(send)
    const headers = { 'If-Match': etagOf(todo) }
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        send(`PUT /api/todos/${todo.id}`, { body: { title: `winner ${n}` }, headers }),
      ),
    )
    const won = replies.find(({ status }) => status === 200)
    expect(tally(replies)).toEqual({ 200: 1, 412: 19 })
    expect((await send(`GET /api/todos/${todo.id}`)).row).toEqual(won?.row)
  })
}
