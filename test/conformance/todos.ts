import { expect, test } from 'vitest'
import type { Subject } from './http.ts'
import { createTodo, unique } from './rows.ts'

const missing = '/api/todos/00000000000000000000000000'

export function todoCases({ send }: Subject): void {
  creating({ send })
  changing({ send })
  addresses({ send })
}

function creating({ send }: Pick<Subject, 'send'>): void {
  test('a todo is created from its title alone', async () => {
    const title = unique('milk')
    const reply = await send('POST /api/todos', { body: { title } })
    expect(reply.status).toBe(201)
    expect(reply.body()).toEqual({
      data: {
        id: expect.any(String),
        title,
        completed: false,
        createdAt: expect.any(String),
        version: expect.any(Number),
      },
      status: 201,
    })
    expect(reply.header('location')).toBe(`/api/todos/${reply.row.id}`)
    expect(reply.header('etag')).toBe(`"${reply.row.version}"`)
    expect(new Date(reply.row.createdAt).toISOString()).toBe(reply.row.createdAt)
  })

  test('a todo may be created completed', async () => {
    expect(await createTodo(send, { completed: true })).toMatchObject({ completed: true })
  })

  test('a title is trimmed', async () => {
    const title = unique('bread')
    expect(await createTodo(send, { title: `  \t${title}\n ` })).toMatchObject({ title })
  })

  test.each([
    ['missing', {}],
    ['empty', { title: '' }],
    ['blank', { title: ' \t\n' }],
    ['a number', { title: 1 }],
    ['null', { title: null }],
    ['a list', { title: ['milk'] }],
    ['too long', { title: 'x'.repeat(501) }],
    ['with a NUL', { title: 'a\u0000b' }],
  ])('a title that is %s is refused and named', async (_, body) => {
    const reply = await send('POST /api/todos', { body })
    expect(reply.status).toBe(400)
    expect(reply.badFields).toEqual(['title'])
  })

  test('every bad field is named at once', async () => {
    const reply = await send('POST /api/todos', { body: { title: '', completed: 'yes' } })
    expect(reply.status).toBe(400)
    expect(reply.badFields.toSorted()).toEqual(['completed', 'title'])
  })

  test('unknown fields are refused and named', async () => {
    const reply = await send('POST /api/todos', { body: { title: 'x', colour: 'red', size: 1 } })
    expect(reply.status).toBe(400)
    expect(reply.badFields.toSorted()).toEqual(['colour', 'size'])
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'nonsense'])(
    'a body is JSON even when it claims to be %s',
    async (type) => {
      const reply = await send('POST /api/todos', { body: { title: unique('x') }, headers: { 'Content-Type': type } })
      expect(reply.status).toBe(201)
    },
  )

  test('a title keeps every character of Unicode', async () => {
    const title = `${unique('ü')} \u{1F9C0} \u202E \uFFFD 'quoted' "twice" \\ %_`
    const { id } = await createTodo(send, { title })
    expect((await send(`GET /api/todos/${id}`)).row.title).toBe(title)
  })
}

function changing({ send }: Pick<Subject, 'send'>): void {
  test.each(['PUT', 'PATCH'])('%s changes the fields given and no others', async (method) => {
    const todo = await createTodo(send)
    const done = await send(`${method} /api/todos/${todo.id}`, { body: { completed: true } })
    expect(done.status).toBe(200)
    expect(done.row).toEqual({ ...todo, completed: true, version: done.row.version })
    const title = unique('renamed')
    const renamed = await send(`${method} /api/todos/${todo.id}`, { body: { title } })
    expect(renamed.row).toEqual({ ...todo, completed: true, title, version: renamed.row.version })
    expect((await send(`GET /api/todos/${todo.id}`)).row).toEqual(renamed.row)
  })

  test.each(['PUT', 'PATCH'])('%s ignores fields that only the server sets', async (method) => {
    const todo = await createTodo(send)
    const body = { ...todo, title: unique('x'), id: 'other', createdAt: '1999-01-01T00:00:00Z', version: 1 }
    const { status, row } = await send(`${method} /api/todos/${todo.id}`, { body })
    expect(status).toBe(200)
    expect(row).toMatchObject({ id: todo.id, createdAt: todo.createdAt, title: body.title })
    expect(row.version).toBeGreaterThan(todo.version)
  })

  test.each(['PUT', 'PATCH'])('%s refuses unknown and bad fields and changes nothing', async (method) => {
    const todo = await createTodo(send)
    const body = { title: ' ', completed: 1, colour: 'red' }
    const reply = await send(`${method} /api/todos/${todo.id}`, { body })
    expect(reply.status).toBe(400)
    expect(reply.badFields.toSorted()).toEqual(['colour', 'completed', 'title'])
    expect((await send(`GET /api/todos/${todo.id}`)).row).toEqual(todo)
  })

  test('a deleted todo is gone', async () => {
    const { id } = await createTodo(send)
    const reply = await send(`DELETE /api/todos/${id}`)
    expect(reply.status).toBe(204)
    expect(reply.text).toBe('')
    expect((await send(`GET /api/todos/${id}`)).status).toBe(404)
    expect((await send(`DELETE /api/todos/${id}`)).status).toBe(404)
  })
}

function addresses({ send }: Pick<Subject, 'send'>): void {
  test.each(['GET', 'PUT', 'PATCH', 'DELETE'])('%s of a todo that is not there is 404', async (method) => {
    const reply = await send(`${method} ${missing}`, method === 'GET' || method === 'DELETE' ? {} : { body: {} })
    expect(reply.status).toBe(404)
    expect(reply.body()).toMatchObject({ code: 'not_found', error: 'Todo not found' })
  })

  test('a todo is read with its ETag', async () => {
    const todo = await createTodo(send)
    const reply = await send(`GET /api/todos/${todo.id}`)
    expect(reply.body()).toEqual({ data: todo, status: 200 })
    expect(reply.header('etag')).toBe(`"${todo.version}"`)
  })

  test('the list gives todos and the next cursor', async () => {
    const todo = await createTodo(send)
    const reply = await send('GET /api/todos?sort=-createdAt&limit=1000')
    expect(reply.rows).toContainEqual(todo)
    expect(Object.keys(reply.body()).toSorted()).toEqual(['data', 'next', 'position', 'status'])
  })

  test('/api/v1 is the fixed name of the same todos', async () => {
    const title = unique('versioned')
    const made = await send('POST /api/v1/todos', { body: { title } })
    expect(made.status).toBe(201)
    expect((await send(`GET /api/todos/${made.row.id}`)).row).toEqual(made.row)
    expect((await send(`PUT /api/v1/todos/${made.row.id}`, { body: { completed: true } })).status).toBe(200)
    expect((await send('GET /api/v1/todos?limit=1')).status).toBe(200)
    expect((await send(`DELETE /api/v1/todos/${made.row.id}`)).status).toBe(204)
    expect((await send(`GET /api/v2/todos/${made.row.id}`)).status).toBe(404)
  })
}
