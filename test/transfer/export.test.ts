import { expect, test } from 'vitest'
import { z } from 'zod'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import { exportText, importText, startApp, useApp } from './world.ts'

useApp()

const books = collection('books', {
  access: 'open',
  fields: {
    title: field.text({ max: 100, indexed: true }),
    note: field.text({ optional: true }),
    copies: field.integer({ optional: true, indexed: true }),
    tags: field.list(field.text(), { default: [] }),
    size: field.json(z.unknown(), { optional: true }),
  },
})
const row = (n: number) => ({
  title: `t${n}`,
  note: n % 2 ? null : '',
  copies: n % 3 ? n : null,
  tags: ['=x', `${n}`],
  size: { n, s: '"' },
})

async function filled(count: number) {
  const app = await startApp(books)
  const text = Array.from({ length: count }, (_, n) => `${JSON.stringify(row(n))}\n`).join('')
  await importText(app, '/api/books/import', text)
  return app
}

test('an export has all rows in the order of their creation, and can be continued after each', async () => {
  const app = await filled(1203)
  const text = await exportText(app, '/api/books/export')
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; createdAt: string; title: string })
  expect(rows.map(({ title }) => title)).toEqual(Array.from({ length: 1203 }, (_, n) => `t${n}`))
  for (const at of [0, 499, 500, 1202]) {
    const { createdAt, id } = rows[at] as (typeof rows)[0]
    const rest = await exportText(app, `/api/books/export?after=${createdAt},${id}`)
    expect(rest).toBe(
      text
        .split('\n')
        .slice(at + 1)
        .join('\n'),
    )
  }
})

test('filters and fields are those of a list', async () => {
  const app = await filled(20)
  const query = 'filter[copies][$gte]=10&fields=title'
  const rows = (await exportText(app, `/api/books/export?${query}`))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(rows).toHaveLength(7)
  expect(Object.keys(rows[0] ?? {})).toEqual(['id', 'title', 'createdAt'])
  const csv = await exportText(app, `/api/books/export?${query}&format=csv`)
  expect(csv.split('\r\n')[0]).toBe('id,title,createdAt')
})

test.each(['ndjson', 'csv'])('an export as %s is imported as it was, into another server', async (format) => {
  const first = await filled(100)
  await first.as('system').collection(books).create({ title: '=1+1', note: "'=2", size: '=3' })
  const file = await exportText(first, `/api/books/export?format=${format}`)
  const ndjson = await exportText(first, '/api/books/export')
  const second = await startApp(books)
  const { errors, end } = await importText(second, `/api/books/import?format=${format}`, file)
  expect([errors, end.created]).toEqual([[], 101])
  const strip = (text: string) => text.replaceAll(/,"createdAt".*/g, '')
  const again = strip(await exportText(second, '/api/books/export'))
    .trimEnd()
    .split('\n')
    .toSorted()
  expect(again).toEqual(strip(ndjson).trimEnd().split('\n').toSorted())
})

test('an empty export of CSV has its first line', async () => {
  const app = await startApp(books)
  expect(await exportText(app, '/api/books/export?format=csv')).toBe(
    'id,title,note,copies,tags,size,createdAt,version\r\n',
  )
  expect(await exportText(app, '/api/books/export')).toBe('')
})

test('a formula does not reach a spreadsheet', async () => {
  const app = await startApp(books)
  await app.as('system').collection(books).create({ title: '=HYPERLINK("http://evil.example")' })
  expect(await exportText(app, '/api/books/export?format=csv')).toContain(`"'=HYPERLINK(""http://evil.example"")"`)
})

test.each([
  'limit=5',
  'cursor=x',
  'sort=title',
  'count=true',
  'search=x',
  'expand=x',
  'after=x',
  'after=2027-01-01,x',
  'format=xml',
  'fields=x',
  'filter[note]=x',
  'colour=red',
])('the parameter %s is refused', async (query) => {
  const app = await startApp(books)
  expect((await app.request(`/api/books/export?${query}`)).status).toBe(400)
})
