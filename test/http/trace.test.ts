import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { traceIdOf, traceparentOf } from '../../src/http/trace-context.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const parentId = '00f067aa0ba902b7'
const usual = `00-${traceId}-${parentId}-01`

const taken = (traceparent: string) => traceparentOf(new Request('http://localhost/', { headers: { traceparent } }))

// W3C Trace Context §3.2.
describe('a traceparent', () => {
  test.each([
    ['that is sampled', usual],
    ['that is not sampled', `00-${traceId}-${parentId}-00`],
    ['with flags that are not known', `00-${traceId}-${parentId}-ff`],
    ['of a later version', `01-${traceId}-${parentId}-01`],
    ['of the last version', `fe-${traceId}-${parentId}-01`],
    ['whose ids are all but zero', `00-${'0'.repeat(31)}1-${'0'.repeat(15)}1-01`],
  ])('%s is taken as it is', (_, given) => {
    expect(taken(given)).toBe(given)
    expect(traceIdOf(given)).toBe(given.slice(3, 35))
  })

  test.each([
    ['of the invalid version', `ff-${traceId}-${parentId}-01`],
    ['without a trace', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['without a parent', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['in capitals', usual.toUpperCase()],
    ['with one capital', `00-${traceId.replace('f', 'F')}-${parentId}-01`],
    ['with a letter beyond f', `00-${traceId.replace('4', 'g')}-${parentId}-01`],
    ['with a short trace', `00-${traceId.slice(1)}-${parentId}-01`],
    ['with a short parent', `00-${traceId}-${parentId.slice(1)}-01`],
    ['without flags', `00-${traceId}-${parentId}`],
    ['with half its flags', `00-${traceId}-${parentId}-0`],
    ['with one digit of flags too many', `${usual}0`],
    ['of version 00 with more fields', `${usual}-what`],
    ['of version 00 with a dash at its end', `${usual}-`],
    ['with other separators', usual.replaceAll('-', '_')],
    ['with something before it', `x${usual}`],
    ['with a second one behind it', `${usual}, ${usual}`],
    ['without anything', ''],
  ])('%s is not taken', (_, given) => {
    expect(taken(given)).toBe('')
  })

  test('of a later version may have more fields, and its trace is used', () => {
    expect(traceIdOf(taken(`01-${traceId}-${parentId}-01-what-comes-later`))).toBe(traceId)
  })

  test('of a later version has more fields after a dash only', () => {
    expect(taken(`01-${traceId}-${parentId}-01.what`)).toBe('')
  })

  test('is missing where the client sent none, and then there is no trace', () => {
    expect(traceparentOf(new Request('http://localhost/'))).toBe('')
    expect(traceIdOf('')).toBe('')
  })

  test('is taken or not by its form alone', () => {
    const hex = (length: number) =>
      fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: length, maxLength: length })
    const parts = fc.tuple(fc.oneof(hex(2), fc.constantFrom('00', 'ff')), hex(32), hex(16), hex(2))
    fc.assert(
      fc.property(parts, ([version, trace, parent, flags]) => {
        const given = `${version}-${trace}-${parent}-${flags}`
        const isValid = version !== 'ff' && /[^0]/.test(trace) && /[^0]/.test(parent)
        expect(taken(given)).toBe(isValid ? given : '')
      }),
    )
  })
})
