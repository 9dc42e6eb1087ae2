import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dial, request } from '../transports/clients.ts'
import type { Subject } from './http.ts'
import { createBook, unique } from './rows.ts'

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))

/** Bodies that are not JSON, or not JSON that can be kept exactly. */
const malformed: [string, string | Uint8Array][] = [
  ['nothing', ''],
  ['white space', ' \n'],
  ['a word', 'milk'],
  ['an open object', '{"title":"x"'],
  ['an open string', '{"title":"x'],
  ['trailing garbage', '{"title":"x"} x'],
  ['two documents', '{"title":"x"}{"title":"y"}'],
  ['a trailing comma', '{"title":"x",}'],
  ['single quotes', "{'title':'x'}"],
  ['a comment', '{"title":"x"/* y */}'],
  ['a line break in a string', '{"title":"a\nb"}'],
  ['NaN', '{"title":"x","n":NaN}'],
  ['an extra bracket', '{"title":"x"}}'],
  ['a key twice', '{"title":"x","title":"y"}'],
  ['a key twice, once escaped', '{"title":"x","t\\u0069tle":"y"}'],
  ['a key twice further in', '{"title":"x","a":[{"b":1,"b":2}]}'],
  ['a key twice among many', `{${Array.from({ length: 30 }, (_, n) => `"k${n}":1`).join()},"k3":1}`],
  ['__proto__', '{"title":"x","__proto__":{"completed":true}}'],
  ['__proto__ escaped', '{"title":"x","\\u005f_proto__":{}}'],
  ['1e999', '{"title":"x","n":1e999}'],
  ['-1e999', '{"title":"x","n":-1e999}'],
  ['2^53+1', '{"title":"x","n":9007199254740993}'],
  ['a very long number', `{"title":"x","n":${'9'.repeat(5000)}}`],
  ['65 arrays in each other', '['.repeat(65) + ']'.repeat(65)],
  ['100,000 objects in each other', '{"a":'.repeat(100_000) + '}'.repeat(100_000)],
  ['invalid UTF-8', bytes('{"title":"', [0xc3, 0x28], '"}')],
  ['overlong UTF-8', bytes('{"title":"', [0xc0, 0xaf], '"}')],
  ['a surrogate in UTF-8', bytes('{"title":"', [0xed, 0xa0, 0x80], '"}')],
  ['UTF-16', Buffer.from('{"title":"x"}', 'utf16le')],
]

/** Numbers that a book may cost: the extremes, those that JavaScript prints with digits that are not exact, and any. */
const prices = [0, 5e-324, 0.1, 2 ** 53, 2 ** 60, 1e20, 123456789012345680000, 1e21, Number.MAX_VALUE].concat(
  fc.sample(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), 5),
)

export function jsonCases({ send, origin, kinds }: Subject): void {
  test.each(malformed)('%s is malformed', async (_, body) => {
    const reply = await send('POST /api/todos', { body })
    expect(reply.status).toBe(400)
    expect(reply.body().code).toBe('malformed_json')
  })

  test.each(['[]', 'null', '"milk"', '1', 'true', '[{"title":"x"}]'])('%s is JSON, but no todo', async (body) => {
    const reply = await send('POST /api/todos', { body })
    expect(reply.status).toBe(400)
    expect(reply.body().code).toBe('validation_failed')
  })

  test('a POST without a body is a 400', async () => {
    expect((await send('POST /api/todos')).status).toBe(400)
  })

  test.each(['\\ud800', '\\udc00', 'a\\ud800b', '\\udc00\\ud800'])(
    'the lone surrogate %s is refused',
    async (title) => {
      const reply = await send('POST /api/todos', { body: `{"title":"${title}"}` })
      expect(reply.status).toBe(400)
    },
  )

  test('a pair of escaped surrogates is one character', async () => {
    const title = unique('pair')
    const reply = await send('POST /api/todos', { body: `{"title":"${title} \\ud83e\\uddc0"}` })
    expect(reply.row.title).toBe(`${title} \u{1F9C0}`)
  })

  test('a byte order mark may stand before the JSON', async () => {
    // RFC 8259 §8.1 lets a parser ignore it, and tools on Windows write it.
    const reply = await send('POST /api/todos', { body: `\uFEFF{"title":"${unique('bom')}"}` })
    expect(reply.status).toBe(201)
  })

  test('the keys of every object are unknown fields like others', async () => {
    const reply = await send('POST /api/todos', {
      body: '{"title":"x","constructor":1,"toString":2,"hasOwnProperty":3}',
    })
    expect(reply.status).toBe(400)
    expect(reply.badFields.toSorted()).toEqual(['constructor', 'hasOwnProperty', 'toString'])
  })

  test('no refused body has left a row', async () => {
    expect((await send('GET /api/todos?filter[title]=x')).rows).toEqual([])
  })

  test('a row is taken back as it was read, whatever number it has', async () => {
    for (const price of prices) {
      const made = await createBook(send, { price })
      expect(made.price).toBe(price)
      const { text } = await send(`GET /api/books/${made.id}`)
      const reply = await send(`PUT /api/books/${made.id}`, { body: text.replace(/^{"data":|,"status":200}$/g, '') })
      expect([reply.status, reply.text]).toEqual([200, text.replace(/\d+(?=},"status":200}$)/, `${reply.row.version}`)])
      const query = new URLSearchParams({ 'filter[price]': String(price), 'filter[isbn]': String(made.isbn) })
      expect((await send(`GET /api/books?${query}`)).rows).toEqual([reply.row])
    }
  })

  test.each(kinds)('a row is taken back by %s as it was read, whatever number it has', async (kind) => {
    const client = await dial(origin(), kind)
    const { id } = await createBook(send)
    for (const price of prices) {
      expect((await client.ask(request('set', `PATCH /api/books/${id}`, { body: { price } }))).error).toBeUndefined()
      const read = await client.ask(request('get', `GET /api/books/${id}`))
      expect(read.result.body.data).toMatchObject({ price })
      const written = await client.ask(request('put', `PUT /api/books/${id}`, { body: read.result.body.data }))
      expect(written.result.body.data).toMatchObject({ price })
    }
    client.end()
  })

  test('a megabyte of [ delays no other request', async () => {
    const bomb = send('POST /api/todos', { body: '['.repeat(1024 * 1024) })
    const [reply, ...health] = await Promise.all([bomb, ...Array.from({ length: 5 }, () => send('GET /health/live'))])
    expect(reply.status).toBe(400)
    expect(health.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  })

  test.each([
    ['quotes', `{"title":"${'\\"'.repeat(500_000)}"}`],
    ['backslashes', `{"title":"${'\\\\'.repeat(500_000)}"}`],
    ['keys', `{${Array.from({ length: 70_000 }, (_, n) => `"${n}":1`).join()}}`],
    ['strings', `[${Array.from({ length: 250_000 }, () => '""').join()}]`],
  ])('a megabyte of %s gets a response', async (_, body) => {
    expect((await send('POST /api/todos', { body })).status).toBe(400)
  })
}
