import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCursor, encodeCursor } from '../../src/database/cursor.ts'

const value = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

test('a cursor comes back as it went in', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(value, { maxLength: 6 }), (sort, values) => {
      expect(decodeCursor(encodeCursor(sort, values), sort, values.length)).toEqual(JSON.parse(JSON.stringify(values)))
    }),
  )
})

test('a cursor of another sort, or of another length, is refused', () => {
  const cursor = encodeCursor('title,id', ['a', 'b'])
  expect(() => decodeCursor(cursor, '-title,-id', 2)).toThrow(/another sort/)
  expect(() => decodeCursor(cursor, 'title,id', 3)).toThrow(/another sort/)
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
  for (const parts of [['id', {}], ['id', [1]], ['id', null], ['id', true], 'id', { 0: 'id' }]) {
    const cursor = Buffer.from(JSON.stringify(parts)).toString('base64url')
    expect(() => decodeCursor(cursor, 'id', 1)).toThrow(/cursor/)
  }
})
