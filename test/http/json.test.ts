import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonDepthMax, jsonKeysMax, jsonValuesMax, parseJson } from '../../src/http/json.ts'

const honest = fc.jsonValue({ depthSize: 'medium' }).filter((value) => !JSON.stringify(value).includes('__proto__'))

test('any valid document parses as with JSON.parse', () => {
  fc.assert(
    fc.property(honest, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      expect(parseJson(text)).toEqual(JSON.parse(text))
    }),
    { numRuns: 1000 },
  )
})

test('every double is taken back as JavaScript prints it', () => {
  const large = fc.tuple(fc.double({ min: -10, max: 10, noNaN: true }), fc.integer({ min: 15, max: 23 }))
  const doubles = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    large.map(([factor, power]) => factor * 10 ** power),
  )
  fc.assert(
    fc.property(doubles, (value) => {
      const text = JSON.stringify({ value })
      expect(parseJson(text)).toEqual(JSON.parse(text))
    }),
    { numRuns: 2000 },
  )
})

test('whatever JSON.parse refuses is refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:\\1-e.tn \n')) }), (text) => {
      let valid = true
      try {
        JSON.parse(text)
      } catch {
        valid = false
      }
      if (!valid) expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'malformed_json' }))
    }),
    { numRuns: 5000 },
  )
})

test.each([
  ['a key twice', '{"a":1,"a":2}'],
  ['a key twice, once escaped', '{"a":1,"\\u0061":2}'],
  ['half of a surrogate pair in a key', '{"\\ud800":1}'],
  ['a key twice among many', `{${Array.from({ length: 50 }, (_, n) => `"k${n}":1`).join()},"k7":2}`],
  ['a key twice, deep inside', '[{"x":{"a":1,"b":[],"a":2}}]'],
  ['__proto__', '{"__proto__":{}}'],
  ['an escaped __proto__', '{"\\u005f_proto__":{}}'],
  ['a number too large', '{"n":1e999}'],
  ['an integer that a double rounds', '{"n":9007199254740993}'],
  ['an exact integer that is printed with other digits', '{"n":1152921504606846976}'],
  ['an integer of a thousand digits', `[-${'9'.repeat(1000)}]`],
  ['nesting too deep', `${'['.repeat(jsonDepthMax + 1)}${']'.repeat(jsonDepthMax + 1)}`],
  ['an object of too many keys', `{${Array.from({ length: jsonKeysMax + 1 }, (_, n) => `"k${n}":1`).join()}}`],
  ['too many values', `[${'{},'.repeat(jsonValuesMax - 1)}1]`],
  ['a bomb of brackets', '['.repeat(1_000_000)],
  ['a bomb of objects', '{"a":'.repeat(200_000)],
  ['nothing', ''],
  ['a string without end', '"abc'],
  ['garbage after the end', '{} x'],
])('%s is refused', (_, text) => {
  expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'malformed_json', status: 400 }))
})

test.each([
  ['equal keys in different objects', '[{"a":1},{"a":1,"b":{"a":1}}]'],
  ['a string equal to a key', '{"a":"a","b":"a"}'],
  ['the deepest that is allowed', `${'['.repeat(jsonDepthMax)}${']'.repeat(jsonDepthMax)}`],
  ['the largest safe integer', '9007199254740991'],
  ['2^53', '9007199254740992'],
  ['1e20 with all its digits', '[100000000000000000000,-100000000000000000000]'],
  ['2^60 as JavaScript prints it', '1152921504606847000'],
  ['the least and the greatest double', '[5e-324,1.7976931348623157e308,1.7976931348623157e+308]'],
  ['a negative zero', '-0'],
  ['a long fraction', '0.12345678901234567890'],
  ['brackets and quotes in strings', '{"a":"[{\\"","b":"\\\\"}'],
])('%s passes', (_, text) => {
  expect(parseJson(text)).toEqual(JSON.parse(text))
})

test('the scan takes time linear in the text, whatever the text', () => {
  const hostile = ['"\\"', '"a" ', '\\', '{"":', '[1,', '-', '1e', '"a":'].map((part) =>
    part.repeat(2 ** 20 / part.length),
  )
  for (const text of hostile) expect(() => parseJson(text)).toThrow()
})
