import { OpenAPIHono } from '@hono/zod-openapi'
import { expect, test } from 'vitest'
import { declareRoutes } from '../../src/collections/route-declarations.ts'
import { books } from '../fixtures/books.ts'

const hono = new OpenAPIHono()
for (const route of Object.values(declareRoutes(books))) {
  hono.openAPIRegistry.registerPath({ ...route, path: `/api/books${route.path}`.replace(/\/$/, '') })
}
const { paths, components } = hono.getOpenAPI31Document({ openapi: '3.1.0', info: { title: 'books', version: '1' } })

test('the schema of a row describes each kind of field', () => {
  expect(components?.schemas?.BooksRow).toMatchObject({
    properties: {
      title: { type: 'string', minLength: 1, maxLength: 300 },
      copies: { type: 'integer', minimum: 0, maximum: 1000 },
      author: { type: 'string', description: 'The id of one of authors, which cannot be deleted before this row.' },
      price: { type: 'number', minimum: 0 },
      format: { type: 'string', enum: ['paper', 'ebook', 'audio'] },
      publishedAt: { type: ['string', 'null'], format: 'date-time' },
      released: { type: 'string', format: 'date' },
      tags: { type: 'array', maxItems: 20, items: { type: 'string', maxLength: 40 } },
      size: { type: ['object', 'null'], properties: { pages: { type: 'integer' } } },
    },
  })
})

test('a list accepts the filters of the kind of each indexed field', () => {
  const filters = new Map<string, string[]>()
  for (const parameter of paths?.['/api/books']?.get?.parameters ?? []) {
    const [, name, operator] = /^filter\[(\w+)\]\[(\$\w+)\]$/.exec('name' in parameter ? parameter.name : '') ?? []
    if (name && operator) filters.set(name, [...(filters.get(name) ?? []), operator])
  }
  const order = ['$eq', '$ne', '$in', '$nin', '$gt', '$gte', '$lt', '$lte', '$between']
  const text = [...order, '$startsWith', '$contains']
  expect(Object.fromEntries(filters)).toEqual({
    id: text,
    createdAt: order,
    title: text,
    isbn: text,
    author: text,
    subtitle: [...text, '$null'],
    copies: order,
    price: order,
    format: text,
    publishedAt: [...order, '$null'],
    released: order,
    tags: ['$contains'],
    shelf: [...order, '$null'],
    place: [...order, '$null'],
  })
})
