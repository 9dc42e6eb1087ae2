import { beforeAll, expect, test } from 'vitest'
import type { Row, Send, Subject } from './http.ts'
import { createBook, createTodo, startingWith, unique, walk } from './rows.ts'

export function listCases(subject: Subject): void {
  pages(subject)
  sorting(subject)
  deepPaging(subject)
  counting(subject)
  refusals(subject)
}

const titles = (rows: Row[]) => rows.map(({ title }) => String(title))

/** Todos whose titles end in 000, 001 and so on; every third is completed. */
async function createTodos(send: Send, prefix: string, count: number): Promise<Row[]> {
  const rows: Row[] = []
  for (let n = 0; n < count; n += 1) {
    const title = `${prefix} ${String(n).padStart(3, '0')}`
    rows.push(await createTodo(send, { title, completed: n % 3 === 0 }))
  }
  return rows
}

function pages({ send }: Subject): void {
  const prefix = unique('page')
  beforeAll(async () => {
    await createTodos(send, prefix, 55)
  })

  test('a page has 50 rows by default', async () => {
    const reply = await send(`GET /api/todos?${startingWith('title', prefix)}`)
    expect(reply.rows).toHaveLength(50)
    expect(reply.body().next).toEqual(expect.any(String))
  })

  test('a cursor continues where the page ended, and the last page has none', async () => {
    const path = `/api/todos?${startingWith('title', prefix, { sort: 'title', limit: '20' })}`
    const all = await walk(send, path)
    expect(all).toHaveLength(55)
    expect(titles(all)).toEqual(titles(all).toSorted())
  })

  test('a page that ends with the last row has no next', async () => {
    const reply = await send(`GET /api/todos?${startingWith('title', prefix, { limit: '55' })}`)
    expect(reply.rows).toHaveLength(55)
    expect(reply.body().next).toBeNull()
  })

  test('a list without rows is empty', async () => {
    const reply = await send(`GET /api/todos?${startingWith('title', unique('nothing'), { count: 'true' })}`)
    expect(reply.body()).toEqual({
      data: [],
      next: null,
      count: 0,
      position: { epoch: expect.any(String), offset: expect.any(Number) },
      status: 200,
    })
  })

  test('a list may have 1000 rows', async () => {
    expect((await send('GET /api/todos?limit=1000')).status).toBe(200)
  })
}

function sorting({ send }: Subject): void {
  const prefix = unique('sort')
  let made: Row[]
  beforeAll(async () => {
    made = await createTodos(send, prefix, 12)
  })
  const list = async (sort: string) =>
    titles(await walk(send, `/api/todos?${startingWith('title', prefix, { sort, limit: '5' })}`))

  test('rows are sorted by creation by default', async () => {
    expect(titles(await walk(send, `/api/todos?${startingWith('title', prefix, { limit: '5' })}`))).toEqual(
      titles(made),
    )
  })

  test.each(['title', 'createdAt', 'id'])(
    '%s sorts in ascending order, and with a minus in descending order',
    async (field) => {
      expect(await list(field)).toEqual(titles(made))
      expect(await list(`-${field}`)).toEqual(titles(made).toReversed())
    },
  )

  test('fields sort in the order of the parameter, each in its direction', async () => {
    const open = titles(made.filter(({ completed }) => completed === false))
    const done = titles(made.filter(({ completed }) => completed === true))
    expect(await list('completed,title')).toEqual([...open, ...done])
    expect(await list('-completed,title')).toEqual([...done, ...open])
    expect(await list('completed,-title')).toEqual([...open.toReversed(), ...done.toReversed()])
    expect(await list('-completed,-createdAt')).toEqual([...done.toReversed(), ...open.toReversed()])
  })

  test('numbers sort as numbers', async () => {
    const title = unique('numbers')
    for (const copies of [10, 9, 100, 1]) await createBook(send, { title, copies })
    const rows = await walk(send, `/api/books?${startingWith('title', title, { sort: '-copies', limit: '3' })}`)
    expect(rows.map(({ copies }) => copies)).toEqual([100, 10, 9, 1])
  })

  test('days sort by the calendar', async () => {
    const title = unique('days')
    const days = ['2026-11-28', '0987-12-31', '2024-02-29', '1999-01-01']
    for (const released of days) await createBook(send, { title, released })
    const rows = await walk(send, `/api/books?${startingWith('title', title, { sort: 'released', limit: '3' })}`)
    expect(rows.map(({ released }) => released)).toEqual(days.toSorted())
  })
}

function deepPaging({ send }: Subject): void {
  test.each(['title', '-createdAt', 'completed,-title', '-id'])(
    'walking by %s sees each row exactly once while others are created and deleted',
    async (sort) => {
      const prefix = unique('walk')
      const made = await createTodos(send, prefix, 30)
      const removed = new Set<string>()
      let extra = 0
      const disturb = async (page: Row[]) => {
        // Between pages, deletes a row that was seen and creates one before or after the position.
        const [first] = page
        if (first) {
          removed.add(first.id)
          await send(`DELETE /api/todos/${first.id}`)
        }
        extra += 1
        await createTodo(send, { title: `${prefix} ${extra % 2 === 0 ? '!' : '~'} ${extra}` })
        if (extra > 60) throw new Error('The walk does not end.')
      }
      const seen = await walk(send, `/api/todos?${startingWith('title', prefix, { sort, limit: '3' })}`, disturb)
      const counts = new Map<string, number>()
      for (const { id } of seen) counts.set(id, (counts.get(id) ?? 0) + 1)
      expect(removed.size).toBeGreaterThan(5)
      expect([...counts.values()].every((count) => count === 1)).toBe(true)
      expect(made.filter(({ id }) => !counts.has(id))).toEqual([])
    },
  )

  test('rows created in the same millisecond are each seen once', async () => {
    const prefix = unique('tie')
    const names = Array.from({ length: 100 }, (_, n) => `${prefix} ${n}`)
    await send('POST /api/authors/import', { body: names })
    for (const sort of ['createdAt', '-createdAt']) {
      const rows = await walk(send, `/api/authors?${startingWith('name', prefix, { sort, limit: '9' })}`)
      expect(rows.map(({ name }) => String(name)).toSorted()).toEqual(names.toSorted())
    }
  })
}

function counting({ send }: Subject): void {
  test('rows are counted only on request', async () => {
    const prefix = unique('count')
    for (let n = 0; n < 5; n += 1) await createTodo(send, { title: `${prefix} ${n}` })
    const query = startingWith('title', prefix, { limit: '2' })
    expect((await send(`GET /api/todos?${query}&count=true`)).body().count).toBe(5)
    expect((await send(`GET /api/todos?${query}&count=false`)).body()).not.toHaveProperty('count')
    expect((await send(`GET /api/todos?${query}`)).body()).not.toHaveProperty('count')
  })

  test('a count stops at 10,000', async () => {
    const prefix = unique('many')
    const body = Array.from({ length: 10_002 }, (_, n) => `${prefix} ${n}`)
    expect((await send('POST /api/authors/import', { body })).status).toBe(201)
    const reply = await send(`GET /api/authors?${startingWith('name', prefix, { limit: '1', count: 'true' })}`)
    expect(reply.body().count).toBe(10_000)
  })
}

function refusals({ send }: Subject): void {
  test.each(['0', '-1', '1001', '1.5', 'ten', '', '1e2', '99999999999'])('the limit %j is refused', async (limit) => {
    const reply = await send(`GET /api/todos?limit=${limit}`)
    expect(reply.status).toBe(400)
    expect(reply.badFields).toEqual(['limit'])
  })

  test.each([
    ['an unknown field', '/api/todos?sort=colour'],
    ['a field of every object', '/api/todos?sort=constructor'],
    ['an unindexed field', '/api/books?sort=tags'],
    ['an optional field', '/api/books?sort=subtitle'],
    ['one field twice', '/api/todos?sort=title,-title'],
    ['nothing', '/api/todos?sort='],
    ['too many fields', '/api/books?sort=title,isbn,copies,price,format'],
    ['SQL', '/api/todos?sort=title%20desc;--'],
  ])('a sort by %s is refused', async (_, path) => {
    const reply = await send(`GET ${path}`)
    expect(reply.status).toBe(400)
    expect(reply.badFields).toEqual(['sort'])
  })

  test.each(['garbage', '', '%FF', 'W10', 'eyJhIjoxfQ', 'WyJjcmVhdGVkQXQsaWQiXQ', 'x'.repeat(2000)])(
    'the cursor %j is refused',
    async (cursor) => {
      const reply = await send(`GET /api/todos?cursor=${cursor}`)
      expect(reply.status).toBe(400)
      expect(reply.badFields).toEqual(['cursor'])
    },
  )

  test('a cursor of another sort is refused', async () => {
    await createTodo(send)
    await createTodo(send)
    const next = (await send('GET /api/todos?limit=1&sort=title')).body().next
    expect((await send(`GET /api/todos?limit=1&sort=title&cursor=${next}`)).status).toBe(200)
    const reply = await send(`GET /api/todos?limit=1&sort=-title&cursor=${next}`)
    expect(reply.status).toBe(400)
    expect(reply.badFields).toEqual(['cursor'])
  })

  test('unknown parameters are refused, and one error names every invalid one', async () => {
    const reply = await send('GET /api/todos?limit=0&page=2&sort=colour&count=maybe&filter[colour]=red')
    expect(reply.status).toBe(400)
    expect(reply.badFields.toSorted()).toEqual(['count', 'filter[colour]', 'limit', 'page', 'sort'])
  })
}
