import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createIds, idPattern } from '../../src/database/id.ts'

const random = (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes)

test('ids have 26 characters and rise, whatever the clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2 ** 40), { minLength: 1, maxLength: 300 }), (times) => {
      let at = 0
      const id = createIds(() => times[at] ?? 0, random)
      const ids = times.map((_, index) => {
        at = index
        return id()
      })
      expect(ids.every((each) => idPattern.test(each))).toBe(true)
      expect(ids.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(ids)
      expect(new Set(ids).size).toBe(ids.length)
    }),
  )
})

test('the time stands in the first ten characters, as in a ULID', () => {
  const id = createIds(() => 1_469_918_176_385, random)
  expect(id().slice(0, 10)).toBe('01ARYZ6S41')
})

test('a hundred thousand ids of one millisecond differ and rise', () => {
  const id = createIds(
    () => 1,
    (bytes) => bytes.fill(255),
  )
  let last = id()
  for (let n = 0; n < 100_000; n += 1) {
    const next = id()
    if (next <= last) throw new Error(`${next} does not come after ${last}`)
    last = next
  }
})

test('the distance of two ids of one millisecond does not tell how many others were made between them', () => {
  const id = createIds(() => 1, random)
  const numbers = Array.from({ length: 1000 }, () => numberOf(id()))
  const steps = numbers.slice(1).map((number, at) => number - (numbers[at] ?? 0n))
  expect(new Set(steps).size).toBeGreaterThan(990)
  const large = steps.filter((step) => step > 2n ** 20n)
  expect(large.length).toBeGreaterThan(990)
})

function numberOf(id: string): bigint {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  return Array.from(id).reduce((sum, digit) => sum * 32n + BigInt(alphabet.indexOf(digit)), 0n)
}
