/** Properties of every kind of field: a new kind does not compile without its values here. */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { collection } from '../../src/collections/collection.ts'
import { type Field, field } from '../../src/collections/field.ts'
import type { SqlValue } from '../../src/ports/database.ts'
import { lenientSchemas } from '../fixtures/documents.ts'
import { codePoint } from '../harness/code-points.ts'
import { createTestDatabase } from '../harness/database.ts'

type Kind = keyof typeof field

const day = fc
  .date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const time = fc
  .tuple(day, fc.nat(23), fc.nat(59), fc.nat(59), fc.stringMatching(/^(\.\d{1,12})?$/))
  .map(([date, ...clock]) => {
    const [hours, minutes, seconds] = clock.slice(0, 3).map((part) => String(part).padStart(2, '0'))
    return `${date}T${hours}:${minutes}:${seconds}${clock[3]}Z`
  })
const id = fc.stringMatching(/^[0-9A-Za-z]{26}$/)
const text = fc
  .string({ unit: codePoint, maxLength: 30 })
  .filter((value) => value.isWellFormed() && !value.includes('\0'))

/** An indexed field of each kind, where it can be, with values that it accepts. */
const kinds: Record<Kind, { field: Field; values: fc.Arbitrary<unknown> }> = {
  boolean: { field: field.boolean({ indexed: true }), values: fc.boolean() },
  choice: { field: field.choice(['a', 'b c', 'é'], { indexed: true }), values: fc.constantFrom('a', 'b c', 'é') },
  date: { field: field.date({ indexed: true }), values: day },
  integer: { field: field.integer({ indexed: true }), values: fc.maxSafeInteger() },
  json: { field: field.json(z.json()), values: fc.jsonValue().filter((value) => value !== null) },
  list: { field: field.list(field.timestamp(), { max: 5 }), values: fc.array(time, { maxLength: 5 }) },
  number: { field: field.number({ indexed: true }), values: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  reference: { field: field.reference('things'), values: id },
  references: { field: field.references('things', { max: 5 }), values: fc.uniqueArray(id, { maxLength: 5 }) },
  text: { field: field.text({ indexed: true }), values: text },
  timestamp: { field: field.timestamp({ indexed: true }), values: time },
}

const things = collection('things', {
  access: 'open',
  fields: Object.fromEntries(Object.entries(kinds).map(([kind, { field }]) => [kind, field])),
})
const { connection, remove } = await createTestDatabase([things])
connection.exec('PRAGMA foreign_keys = OFF')
afterAll(remove)

/** Stores a value and reads it from the file again. */
function store(kind: string, value: SqlValue): SqlValue {
  connection
    .prepare(`insert or replace into things (id, createdAt, version, "${kind}") values ('x', 1, 1, ?)`)
    .run(value)
  return connection.prepare(`select "${kind}" as value from things`).get()?.value as SqlValue
}

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const change = (kind: string, value: unknown) => things.schemas.change.safeParse({ [kind]: value })

describe.each(Object.entries(kinds))('%s', (kind, { field: { schema, column }, values }) => {
  test('a read returns the value of the response to the write, and the API accepts it again', () => {
    fc.assert(
      fc.property(values, (value) => {
        const written = schema.parse(value)
        const read = column.decode(store(kind, column.encode(written)))
        expect(asJson(read)).toEqual(asJson(written))
        expect(change(kind, asJson(read)).data?.[kind]).toEqual(asJson(written))
      }),
    )
  })

  test('the text of a value in a filter means the stored value', () => {
    if (column.filter === null || column.filter.needsNoIndex) return
    fc.assert(
      fc.property(values, (value) => {
        const written = schema.parse(value)
        expect(column.filter?.parse(String(written)) === store(kind, column.encode(written))).toBe(true)
      }),
    )
  })

  test('any other JSON is refused, or stored and read as it was accepted', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { success, data } = change(kind, value)
        if (!success) return
        expect(asJson(column.decode(store(kind, column.encode(data[kind]))))).toEqual(asJson(data[kind]))
      }),
    )
  })

  test('null is stored as null, and as text where it is a value like others', () => {
    expect(column.encode(null)).toBe(kind === 'json' ? 'null' : null)
    expect(column.decode(null)).toBeNull()
    expect(column.decode(column.encode(null))).toBeNull()
  })

  test('a row without the field is refused and never an error of the server', () => {
    const missing = things.schemas.create.safeParse({}).error?.issues.map(({ path }) => path[0])
    // A row without references has an empty list.
    if (kind === 'references') expect(missing).not.toContain(kind)
    else expect(missing).toContain(kind)
  })
})

test.each(Object.entries(lenientSchemas))('JSON is required unless it is optional: %s', (_, shape) => {
  const { create } = collection('notes', { access: 'open', fields: { body: field.json(shape) } }).schemas
  expect(create.safeParse({}).error?.issues).toMatchObject([{ path: ['body'], message: 'is required' }])
  const { create: lenient } = collection('notes', {
    access: 'open',
    fields: { body: field.json(shape, { optional: true }) },
  }).schemas
  expect(lenient.parse({})).toEqual({ body: null })
})

test.each<[string, () => unknown]>([
  ['undefined', () => undefined],
  ['a function', () => () => 1],
  ['a symbol', () => Symbol('s')],
  ['a bigint', () => 1n],
])('a schema that makes %s, which JSON has not, refuses and never fails', (_, make) => {
  const { create } = collection('notes', {
    access: 'open',
    fields: { body: field.json(z.any().transform(make)) },
  }).schemas
  expect(create.safeParse({ body: 1 }).success).toBe(false)
})

test('a length of JSON holds for changes, too, whatever the schema puts in the place of undefined', () => {
  const fields = { body: field.json(z.string().default('x'), { max: 10 }) }
  const { create, change: changes } = collection('notes', { access: 'open', fields }).schemas
  expect(create.safeParse({ body: 'y'.repeat(9) }).success).toBe(false)
  expect(changes.safeParse({ body: 'y'.repeat(9) }).success).toBe(false)
  expect(changes.safeParse({ body: 'y'.repeat(8) }).success).toBe(true)
})

test.each<[string, Field, string, unknown]>([
  ['text', field.text(), 'é"', 'é"'],
  ['a boolean', field.boolean(), 'true', 1],
  ['a number', field.number(), '1e3', 1000],
  ['a time', field.timestamp(), '2026-11-28T09:30:00+01:00', '2026-11-28T08:30:00.000Z'],
  ['a day', field.date(), '2026-02-30', null],
])('the text of %s in the filter of a list means the value in its JSON', (_, kind, text, value) => {
  expect(field.list(kind).column.filter?.parse(text)).toBe(value)
})

test('lists of lists and of JSON do not filter', () => {
  expect(field.list(field.list(field.text())).column.filter).toBeNull()
  expect(field.list(field.json(z.json())).column.filter).toBeNull()
})

test('a JSON field cannot have an optional schema', () => {
  expect(() => field.json(z.string().optional())).toThrow(TypeError)
  expect(() => field.json(z.string().nullish())).toThrow(TypeError)
})

test('a list has at most `max` values, and 100 by default', () => {
  const of = (count: number) => Array.from({ length: count }, () => 'x')
  const { schema } = field.list(field.text(), { max: 2 })
  expect(schema.safeParse(of(2)).success).toBe(true)
  expect(schema.safeParse(of(3)).success).toBe(false)
  expect(field.list(field.text()).schema.safeParse(of(100)).success).toBe(true)
  expect(field.list(field.text()).schema.safeParse(of(101)).success).toBe(false)
})

test('a list may hold lists and JSON, each checked by its kind', () => {
  const { schema } = field.list(field.list(field.integer({ max: 9 }), { max: 2 }))
  expect(schema.parse([[1, 9], []])).toEqual([[1, 9], []])
  expect(schema.safeParse([[1, 10]]).error?.issues).toMatchObject([{ path: [0, 1] }])
})

test.each([
  ['a reference', field.reference('things')],
  ['optional', field.text({ optional: true })],
  ['indexed', field.text({ indexed: true })],
  ['with a default', field.boolean({ default: false })],
] as [string, Field][])('a value of a list cannot be %s', (_, kind) => {
  expect(() => field.list(kind)).toThrow(TypeError)
})

test('a JSON field takes 56 levels, which fit every message about its row, and no more', () => {
  const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
  expect(change('json', nested(56)).success).toBe(true)
  expect(change('json', nested(57)).success).toBe(false)
})
