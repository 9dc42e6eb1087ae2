import { expect, test } from 'vitest'
import { z } from 'zod'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import { AppError } from '../../src/errors.ts'
import { exportText, importText, linesOf, startApp, streamOfChunks, useApp } from './world.ts'

useApp()

const books = collection('books', {
  access: 'open',
  fields: {
    title: field.text({ min: 1, max: 100 }),
    isbn: field.text({ optional: true, unique: true }),
    copies: field.integer({ default: 1 }),
    lent: field.boolean({ default: false }),
    tags: field.list(field.text(), { default: [] }),
    size: field.json(z.strictObject({ pages: z.int() }), { optional: true }),
    at: field.timestamp({ optional: true }),
  },
  hooks: {
    before: {
      create({ title }) {
        if (title === 'forbidden') throw new AppError('conflict', 'No such book here.')
        return title === 'upper' ? { title: 'UPPER' } : undefined
      },
    },
  },
})
const noCounts = { created: 0, updated: 0, skipped: 0, failed: 0 }
const lines = (...rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const titles = async (app: Awaited<ReturnType<typeof startApp>>) =>
  (await app.as('system').collection(books).list({ limit: 1000 })).rows.map(({ title }) => title)

test('rows of NDJSON are created with rules, hooks, defaults and events', async () => {
  const app = await startApp(books)
  const text = `\ufeff${lines({ title: 'a' })}\r\n  \n${JSON.stringify({ title: 'upper', copies: 3, tags: ['x'] })}`
  expect(await importText(app, '/api/books/import', text)).toEqual({
    errors: [],
    end: { ...noCounts, line: 4, created: 2, done: true },
  })
  expect(await titles(app)).toEqual(['a', 'UPPER'])
  const list = (await (await app.request('/api/books')).json()) as { position: { offset: number } }
  expect(list.position.offset).toBe(2)
})

test('each refused row is named by its line, and the others are stored', async () => {
  const app = await startApp(books)
  const good = Array.from({ length: 500 }, (_, n) => `{"title":"t${n}","isbn":"${n}"}`)
  const bad = new Map([
    [0, '{"title":""}'],
    [7, '{"title":"x"'],
    [8, '[]'],
    [9, 'null'],
    [100, '{"title":"forbidden"}'],
    [250, '{"title":"twice","isbn":"249"}'],
    [499, '{"title":"x","colour":"red"}'],
  ])
  const text = good.map((line, index) => bad.get(index) ?? line).join('\n')
  const { errors, end } = await importText(app, '/api/books/import', text)
  expect(errors.map(({ line, code }) => [line, code])).toEqual([
    [1, 'validation_failed'],
    [8, 'malformed_json'],
    [9, 'validation_failed'],
    [10, 'validation_failed'],
    [101, 'conflict'],
    [251, 'conflict'],
    [500, 'validation_failed'],
  ])
  expect(errors[4]?.message).toBe('No such book here.')
  expect(end).toEqual({ ...noCounts, line: 500, created: 493, failed: 7, done: true })
  expect(await titles(app)).toHaveLength(493)
})

test('an import ends when a thousand rows are refused', async () => {
  const app = await startApp(books)
  const { errors, end } = await importText(app, '/api/books/import', 'x\n'.repeat(5000))
  expect(errors).toHaveLength(1000)
  expect(end).toMatchObject({ done: false, code: 'validation_failed', created: 0, failed: 1000 })
})

test('CSV is read by the kinds of its fields', async () => {
  const app = await startApp(books)
  const text = `\ufefftitle,isbn,copies,lent,tags,size,at\r\n"a, ""b""\nc",1,2,TRUE,"[""x""]","{""pages"":3}",2027-01-04T09:00:00Z\r\n'=b,,,,,,\r\n\r\nc,3,two,maybe,x,1,yesterday\r\n`
  const { errors, end } = await importText(app, '/api/books/import', text, { 'Content-Type': 'text/csv' })
  expect(errors).toMatchObject([{ line: 6, code: 'validation_failed' }])
  expect(errors[0]).toMatchObject({
    details: ['copies', 'lent', 'tags', 'size', 'at'].map((name) => ({ field: name })),
  })
  expect(end).toMatchObject({ created: 2, failed: 1, done: true })
  expect((await app.as('system').collection(books).list()).rows).toMatchObject([
    {
      title: 'a, "b"\nc',
      isbn: '1',
      copies: 2,
      lent: true,
      tags: ['x'],
      size: { pages: 3 },
      at: '2027-01-04T09:00:00.000Z',
    },
    { title: '=b', isbn: null, copies: 1, lent: false, tags: [], size: null, at: null },
  ])
})

test.each([
  ['title,colour\n', 'colour: there is no such field, which the first line names'],
  ['title,title\na,b\n', 'title: is named twice in the first line'],
  ['title\n"a', 'Line 2: A quotation mark has no end.'],
])('the CSV %j ends the import', async (text, message) => {
  const app = await startApp(books)
  const { end } = await importText(app, '/api/books/import?format=csv', text)
  expect(end).toMatchObject({ done: false, message, created: 0 })
})

test('a record of another length is refused alone', async () => {
  const app = await startApp(books)
  const { errors, end } = await importText(app, '/api/books/import?format=csv', 'title,isbn\na,1\nb\nc,3,4\nd,5\n')
  expect(errors.map(({ line }) => line)).toEqual([3, 4])
  expect(end).toMatchObject({ created: 2, failed: 2, done: true })
})

test('rows that are there already are refused, skipped or changed, by id or a unique field', async () => {
  const app = await startApp(books)
  const id = '01JGXXXXXXXXXXXXXXXXXXXXXX'
  await importText(app, '/api/books/import', lines({ id, title: 'a', isbn: '1', copies: 5 }))
  const again = lines({ id, title: 'b' }, { title: 'new' })
  expect((await importText(app, '/api/books/import', again)).errors).toMatchObject([
    { line: 1, code: 'precondition_failed' },
  ])
  const skipped = await importText(app, '/api/books/import?onConflict=skip', again)
  expect(skipped.end).toMatchObject({ created: 1, skipped: 1 })
  const updated = await importText(
    app,
    '/api/books/import?onConflict=update&by=isbn',
    lines({ isbn: '1', lent: true }, { isbn: '2', title: 'c' }, { isbn: '3' }),
  )
  expect(updated).toMatchObject({
    errors: [{ line: 3, message: 'title: is required' }],
    end: { created: 1, updated: 1, failed: 1 },
  })
  expect(await app.as('system').collection(books).get(id)).toMatchObject({
    title: 'a',
    isbn: '1',
    copies: 5,
    lent: true,
  })
  const odd = await importText(
    app,
    '/api/books/import?onConflict=update&by=isbn',
    lines({ isbn: { a: 1 }, title: 'x' }, { isbn: null, title: 'y' }, { id: 'odd', title: 'z' }),
  )
  expect(odd.errors.map(({ line }) => line)).toEqual([1, 3])
})

test('a dry run tells what would happen, and stores nothing', async () => {
  const app = await startApp(books)
  const { errors, end } = await importText(
    app,
    '/api/books/import?dryRun=true',
    lines({ title: 'a' }, { title: 'forbidden' }, { title: 'b' }),
    { 'Idempotency-Key': 'k' },
  )
  expect(errors).toMatchObject([{ line: 2, code: 'conflict' }])
  expect(end).toMatchObject({ created: 2, failed: 1, done: true })
  expect(await titles(app)).toEqual([])
  expect(
    (await importText(app, '/api/books/import', lines({ title: 'a' }), { 'Idempotency-Key': 'k' })).end,
  ).toMatchObject({ created: 1 })
})

test('an import that is cut goes on with its key, and stores each row once', async () => {
  const app = await startApp(books)
  const rows = Array.from({ length: 1000 }, (_, n) => (n % 50 === 3 ? 'bad\n' : `{"title":"t${n}"}\n`))
  const key = { 'Idempotency-Key': 'file-1' }
  for (const cut of [0, 3, 251, 470, 999]) {
    const { end } = await importText(
      app,
      '/api/books/import',
      streamOfChunks([...rows.slice(0, cut), '{"title'], true),
      key,
    )
    expect(end).toMatchObject({ done: false, code: 'bad_request', message: 'The body ended early.' })
  }
  const end = { line: 1000, created: 980, updated: 0, skipped: 0, failed: 20, done: true }
  expect((await importText(app, '/api/books/import', streamOfChunks(rows), key)).end).toEqual(end)
  expect(await importText(app, '/api/books/import', rows.join(''), key)).toEqual({ errors: [], end })
  expect(new Set(await titles(app)).size).toBe(980)
  expect(await titles(app)).toHaveLength(980)
})

test('a key is for one file, one purpose and one client', async () => {
  const app = await startApp(books)
  const key = { 'Idempotency-Key': 'k' }
  const text = lines({ title: 'a' }, { title: 'b' })
  await importText(app, '/api/books/import', text, key)
  for (const other of [lines({ title: 'a' }, { title: 'x' }, { title: 'c' }), lines({ title: 'a' }), ''])
    expect((await importText(app, '/api/books/import', other, key)).end).toMatchObject({
      done: false,
      code: 'idempotency_key_reused',
      created: 2,
    })
  expect(
    (await app.request('/api/books/import?onConflict=skip', { method: 'POST', body: text, headers: key })).status,
  ).toBe(422)
  const ann = await app.signUp('ann@example.com')
  expect((await importText(ann, '/api/books/import', text, key)).end).toMatchObject({ created: 2, done: true })
  expect((await importText(app, '/api/books/import', text + lines({ title: 'c' }), key)).end).toMatchObject({
    created: 3,
    done: true,
  })
})

test('two requests with one key at a time store each row once', async () => {
  const app = await startApp(books)
  const text = Array.from({ length: 2000 }, (_, n) => `{"title":"t${n}"}\n`).join('')
  const key = { 'Idempotency-Key': 'k' }
  const ends = await Promise.all([1, 2, 3].map(async () => (await importText(app, '/api/books/import', text, key)).end))
  expect(ends.filter(({ done }) => done).length).toBeGreaterThan(0)
  for (const { done, code } of ends) if (!done) expect(code).toBe('idempotency_key_reused')
  expect((await importText(app, '/api/books/import', text, key)).end).toMatchObject({ created: 2000, done: true })
  expect((await exportText(app, '/api/books/export')).trimEnd().split('\n')).toHaveLength(2000)
})

test.each([
  ['onConflict=merge', 'onConflict'],
  ['by=title', 'by'],
  ['by=constructor', 'by'],
  ['format=xml', 'format'],
  ['dryRun=1', 'dryRun'],
  ['colour=red', 'colour'],
])('the parameter %s is refused before anything is read', async (query, name) => {
  const app = await startApp(books)
  const response = await app.request(`/api/books/import?${query}`, { method: 'POST', body: lines({ title: 'a' }) })
  expect(response.status).toBe(400)
  expect(((await response.json()) as { details: object[] }).details).toMatchObject([{ field: name }])
})

test('a row that is too long, bytes that are no text, and crumbs end the import', async () => {
  const app = await startApp(books)
  const long = await importText(app, '/api/books/import', `{"title":"a"}\n"${'x'.repeat(1_200_000)}`)
  expect(long.end).toMatchObject({ created: 1, done: false, code: 'body_too_large' })
  const odd = await importText(app, '/api/books/import', new Uint8Array([0x7b, 0xff]))
  expect(odd.end).toMatchObject({ done: false, code: 'bad_request', message: 'The body is not valid UTF-8.' })
  const crumbs = await importText(app, '/api/books/import', streamOfChunks(Array<string>(5000).fill(' ')))
  expect(crumbs.end).toMatchObject({ done: false, code: 'bad_request' })
  expect((await importText(app, '/api/books/import', '')).end).toEqual({ ...noCounts, line: 0, done: true })
})

test('a client that leaves ends its import', async () => {
  const app = await startApp(books)
  const rows = Array.from({ length: 5000 }, (_, n) => `{"title":"t${n}"}\n`)
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', body: streamOfChunks(rows), duplex: 'half' }
  const response = await app.request('/api/books/import', init)
  await response.body?.cancel()
  expect(await linesOf(await app.request('/api/books/export', {})).catch(() => [])).toEqual([])
})

test('a compressed body is refused', async () => {
  const app = await startApp(books)
  const response = await app.request('/api/books/import', {
    method: 'POST',
    body: '{}',
    headers: { 'Content-Encoding': 'gzip' },
  })
  expect(response.status).toBe(415)
})

test('a server that stops ends an import that waits for its client', async () => {
  const app = await startApp(books)
  let sent = false
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async pull(controller) {
      if (sent) {
        app.drain()
        await new Promise(() => {})
      }
      sent = true
      controller.enqueue(new TextEncoder().encode(lines({ title: 'a' })))
    },
  }
  const body = new ReadableStream(source, { highWaterMark: 0 })
  const { end } = await importText(app, '/api/books/import', body)
  expect(end).toMatchObject({ done: false, code: 'draining', created: 1 })
  expect((await importText(app, '/api/books/import', lines({ title: 'b' }))).end).toMatchObject({
    code: 'draining',
    created: 0,
  })
})
