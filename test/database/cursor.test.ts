import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCursor, encodeCursor } from '../../src/database/cursor.ts'

const value = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

const mark = fc.tuple(fc.string(), fc.maxSafeInteger())

test('a cursor comes back as it went in', () => {
  const values = fc.array(value, { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(fc.string(), values, fc.array(mark, { maxLength: 5 }), fc.nat(2), (sort, values, rows, more) => {
      const length = values.length + (rows.length > 0 ? more : 0)
      const key = { values, rows }
      expect(decodeCursor(encodeCursor(sort, key), sort, length)).toEqual(JSON.parse(JSON.stringify(key)))
    }),
  )
})

test('a cursor of another sort, or of another length, is refused', () => {
  const cursor = encodeCursor('title,id', { values: ['a', 'b'], rows: [] })
  expect(() => decodeCursor(cursor, '-title,-id', 2)).toThrow(/another sort/)
  expect(() => decodeCursor(cursor, 'title,id', 3)).toThrow(/another sort/)
  const cut = encodeCursor('title,id', { values: ['a', 'b'], rows: [['x', 1]] })
  expect(() => decodeCursor(cut, 'title,id', 1)).toThrow(/another sort/)
})

test('no text whatever does more than be refused', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.base64String(),
    fc.json().map((text) => btoa(encodeURIComponent(text))),
  )
  fc.assert(
    fc.property(texts, (text) => {
      expect(() => decodeCursor(text, 'id', 1)).toThrow(/cursor/)
    }),
  )
})

test('a cursor of nested, absent or endless values is refused', () => {
  const values = [{}, [[1]], [null], [true], null, 'id', [Number.POSITIVE_INFINITY]]
  const rows = [1, [1], [['x']], [['x', 'y']], [[1, 1]], [{ 0: 'x', 1: 1 }], { length: 1 }]
  const cuts = rows.map((each) => ['id', ['a'], each])
  for (const parts of [...values.map((each) => ['id', each]), ...cuts, ['id'], 'id', { 0: 'id' }]) {
    const cursor = Buffer.from(JSON.stringify(parts)).toString('base64url')
    expect(() => decodeCursor(cursor, 'id', 1)).toThrow(/cursor/)
  }
})
