import { expect, test } from 'vitest'
import { type Subject, tally } from './http.ts'
import { createTodo, unique } from './rows.ts'

const create = { 'If-None-Match': '*' }

/** An id as an offline client might make it. */
function chosenId(): string {
  return unique('')
    .replaceAll(/[^0-9a-z]/g, '')
    .slice(0, 26)
}

export function idCases({ send }: Subject): void {
  test('ids have 26 characters and rise', async () => {
    const ids: string[] = []
    for (let i = 0; i < 20; i += 1) ids.push((await createTodo(send)).id)
    for (const id of ids) expect(id).toMatch(/^[0-9A-Za-z]{26}$/)
    expect(ids.toSorted()).toEqual(ids)
  })

  test('ids made at the same time differ', async () => {
    const todos = await Promise.all(Array.from({ length: 30 }, () => createTodo(send)))
    expect(new Set(todos.map(({ id }) => id)).size).toBe(30)
  })

  test('a client may choose the id of a row that it creates', async () => {
    const id = chosenId()
    const title = unique('offline')
    const reply = await send(`PUT /api/todos/${id}`, { body: { title }, headers: create })
    expect(reply.status).toBe(201)
    expect(reply.row).toMatchObject({ id, title, completed: false })
    expect(reply.header('location')).toBe(`/api/todos/${id}`)
    expect(reply.header('etag')).toBe(`"${reply.row.version}"`)
    expect((await send(`GET /api/todos/${id}`)).row).toEqual(reply.row)
  })

  test.each(['short', 'a'.repeat(27), `${'a'.repeat(25)}-`, `${'a'.repeat(25)}%20`, `${'a'.repeat(25)}%C3%A9`])(
    'the id %s can not be chosen',
    async (id) => {
      const reply = await send(`PUT /api/todos/${id}`, { body: { title: 'x' }, headers: create })
      expect(reply.status).toBe(400)
      expect(reply.badFields).toEqual(['id'])
    },
  )

  test('an id that is taken is 412, and the row stays', async () => {
    const todo = await createTodo(send)
    const reply = await send(`PUT /api/todos/${todo.id}`, { body: { title: 'thief' }, headers: create })
    expect(reply.status).toBe(412)
    expect((await send(`GET /api/todos/${todo.id}`)).row).toEqual(todo)
  })

  test('of many concurrent creates with one id, one succeeds', async () => {
    const id = chosenId()
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, n) => send(`PUT /api/todos/${id}`, { body: { title: `${n}` }, headers: create })),
    )
    expect(tally(replies)).toEqual({ 201: 1, 412: 9 })
  })

  test('PUT creates nothing without If-None-Match', async () => {
    const id = chosenId()
    expect((await send(`PUT /api/todos/${id}`, { body: { title: 'x' } })).status).toBe(404)
    expect((await send(`GET /api/todos/${id}`)).status).toBe(404)
  })

  test('PUT accepts no If-None-Match but *', async () => {
    const { id } = await createTodo(send)
    const headers = { 'If-None-Match': '"1"' }
    expect((await send(`PUT /api/todos/${id}`, { body: { title: 'x' }, headers })).status).toBe(400)
  })

  test('a row that is created again does not repeat an ETag', async () => {
    const id = chosenId()
    const seen = new Set<string>()
    for (let i = 0; i < 5; i += 1) {
      seen.add((await send(`PUT /api/todos/${id}`, { body: { title: 'x' }, headers: create })).header('etag'))
      seen.add((await send(`PUT /api/todos/${id}`, { body: { title: `${i}` } })).header('etag'))
      await send(`DELETE /api/todos/${id}`)
    }
    expect(seen.size).toBe(10)
  })
}
