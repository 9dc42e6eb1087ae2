import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isoTime } from '../src/iso-time.ts'

test('any time is as Date gives it, whatever came before', () => {
  fc.assert(
    fc.property(fc.array(fc.date({ noInvalidDate: true })), (dates) => {
      for (const date of dates) expect(isoTime(date.getTime())).toBe(date.toISOString())
    }),
    { numRuns: 1000 },
  )
})

test('an invalid time is refused as by Date', () => {
  expect(() => isoTime(Number.NaN)).toThrow(RangeError)
})
