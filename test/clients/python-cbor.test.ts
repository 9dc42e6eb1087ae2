import { encode } from 'cborg'
import { expect, test } from 'vitest'
import { drive } from './python.ts'

/** No server listens there: these actions need none. */
const python = () => drive(1, 'binary')
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const values: [string, unknown][] = [
  ['whole numbers of each size', [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]],
  ['negative ones', [-1, -24, -25, -256, -257, -65_537, -(2 ** 32) - 1, -(2 ** 53) + 1]],
  ['fractions', [0.1, -1.5e300, 5e-324]],
  ['text of each length', ['', 'ü🍞\u0000', 'x'.repeat(23), 'x'.repeat(24), 'x'.repeat(256), 'x'.repeat(65_536)]],
  ['arrays and maps, false, true and null', [{ a: { b: [] }, c: {} }, [[false, true, null]]]],
  ['64 levels', nested(64)],
]

test.each(values)("Python's CBOR agrees with cborg's, byte for byte: %s", async (_name, value) => {
  const { act, next } = python()
  const hex = hexOf(encode(value, { float64: true }))
  act('to_cbor', { value })
  expect(await next()).toEqual({ hex })
  act('from_cbor', { hex })
  expect(await next()).toEqual({ value })
})

test('short floats are read, too', async () => {
  const { act, next } = python()
  act('from_cbor', { hex: 'f93e00' })
  expect(await next()).toEqual({ value: 1.5 })
  act('from_cbor', { hex: 'fa3fc00000' })
  expect(await next()).toEqual({ value: 1.5 })
})

test.each([
  ['a byte string', '4101'],
  ['a tag', 'c001'],
  ['undefined', 'f7'],
  ['a text of indefinite length', '7f6161ff'],
  ['an array of indefinite length', '9f01ff'],
  ['a simple value', 'e0'],
  ['65 levels', '81'.repeat(65)],
])('a value without a JSON form is refused: %s', async (_name, hex) => {
  const { act, next } = python()
  act('from_cbor', { hex })
  expect(await next()).toEqual({ failed: 'ValueError' })
})

function nested(levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)]
}
