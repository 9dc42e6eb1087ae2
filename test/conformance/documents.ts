/** Fields of JSON, whatever their schemas say of undefined, and fields with the names of properties of every object. */
import { expect, test } from 'vitest'
import { lenientSchemas } from '../fixtures/documents.ts'
import type { Subject } from './http.ts'

const names = Object.keys(lenientSchemas)
const whole = Object.fromEntries(names.map((name) => [name, `the ${name}`]))

export function documentCases({ send }: Subject): void {
  test.each(names)('JSON is required whatever its schema: %s', async (name) => {
    const { [name]: _, ...body } = whole
    const reply = await send('POST /api/documents', { body })
    expect([reply.status, reply.badFields]).toEqual([400, [name]])
    expect(reply.body().details?.map(({ message }) => message)).toEqual(['is required'])
  })

  test('a body without fields names all that it lacks', async () => {
    const reply = await send('POST /api/documents', { body: {} })
    expect([reply.status, reply.badFields]).toEqual([400, names])
  })

  test.each(['PUT', 'PATCH'])('a %s changes none of the fields that it omits', async (method) => {
    const { row } = await send('POST /api/documents', { body: whole })
    expect(row).toMatchObject(whole)
    const changed = await send(`${method} /api/documents/${row.id}`, { body: { any: 'else' } })
    expect(changed.row).toMatchObject({ ...whole, any: 'else' })
    expect((await send(`${method} /api/documents/${row.id}`, { body: {} })).row).toMatchObject({
      ...whole,
      any: 'else',
    })
  })

  test.each(Object.getOwnPropertyNames(Object.prototype))('%s is an unknown field like others', async (name) => {
    const body = `{"title":"x",${JSON.stringify(name)}:1}`
    const lines: [string, string?][] = [
      ['POST /api/todos', body],
      [`PUT /api/todos/${'0'.repeat(26)}`, body],
      [`PATCH /api/todos/${'0'.repeat(26)}`, body],
      [`GET /api/todos?sort=${name}`],
      [`GET /api/todos?filter[${name}]=1`],
      [`GET /api/todos?filter[title][$${name}]=1`],
      [`GET /api/todos?filter[title][${name}]=1`],
      [`GET /api/todos?${name}=1`],
    ]
    for (const [line, text] of lines) {
      const reply = await send(line, { body: text })
      expect([line, reply.status]).toEqual([line, 400])
    }
    for (const path of [`/api/${name}`, `/api/topics/${name}/events`, `/api/todos/${name}`])
      expect([path, (await send(`GET ${path}`)).status]).toEqual([path, 404])
  })
}
