import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvLine, JsonValue, readRecord, withoutEscape } from '../../src/transfer/csv.ts'

/** Reads a text that comes in pieces of this size, as an import does. */
function read(text: string, size = text.length): string[][] {
  const records: string[][] = []
  let rest = ''
  for (let at = 0; at < Math.max(text.length, 1); at += size) {
    rest += text.slice(at, at + size)
    rest = take(rest, at + size >= text.length, records)
  }
  return records
}

function take(text: string, isLast: boolean, records: string[][]): string {
  let at = 0
  while (at < text.length) {
    const record = readRecord(text, at, isLast)
    if (record === null) break
    records.push(record.values.map(({ text: value, isQuoted }) => (value === '' && !isQuoted ? 'none' : value)))
    at = record.end
  }
  return text.slice(at)
}

test.each<[string, string[][]]>([
  [
    'a,b\r\nc,d\r\n',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'a,b\nc,d',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  ['a\rb\r', [['a'], ['b']]],
  ['"a,""b""\r\n",c\n', [['a,"b"\r\n', 'c']]],
  [',"",\n', [['none', '', 'none']]],
  ['a"b, c \n', [['a"b', ' c ']]],
  ['a,', [['a', 'none']]],
  ['"a"', [['a']]],
])('%j is read whole and in every division', (text, records) => {
  for (let size = 1; size <= text.length; size += 1) expect(read(text, size)).toEqual(records)
})

test.each(['"a', '"a" b', '"a"b,c\n', 'x,"', `${'a,'.repeat(300)}\n`])('%j is refused', (text) => {
  expect(() => read(text)).toThrow()
  expect(() => read(text, 1)).toThrow()
})

test('every value comes back as it was, and no text begins as a formula', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('=1+1', "'=1", "''@x", '-5', '\t', '\r', '', '"', ' a '),
  )
  const records = fc.array(fc.array(value, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(records, fc.integer({ min: 1, max: 9 }), (given, size) => {
      const text = given.map((each) => csvLine(each)).join('')
      const found = read(text, size)
      expect(found.map((each) => each.map(withoutEscape))).toEqual(given)
      for (const each of found.flat()) expect(each).not.toMatch(/^[=+\-@\t\r]/)
    }),
  )
})

test('numbers, truth values and JSON have no apostrophe', () => {
  expect(csvLine([-5, true, null, new JsonValue(['=a']), new JsonValue('=b')])).toBe('-5,true,,"[""=a""]","""=b"""\r\n')
})
