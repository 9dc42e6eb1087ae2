import { expect, test } from 'vitest'
import { createRequestIds } from '../../src/http/request-id.ts'

const random = (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes)
const request = new Request('http://galley.test/')

test('made ids share no beginning and no end, so that nobody counts the requests of others', () => {
  const requestId = createRequestIds(random)
  const ids = Array.from({ length: 1000 }, () => requestId(request))
  for (const part of [ids, ids.map((id) => id.slice(0, 10)), ids.map((id) => id.slice(-10))])
    expect(new Set(part).size).toBe(1000)
  for (const id of ids) expect(id).toMatch(/^[\da-f]{20}$/)
})

test('every bit of a made id is random', () => {
  const requestId = createRequestIds(random)
  const ones = Array.from({ length: 80 }, () => 0)
  for (let n = 0; n < 4000; n += 1) {
    const bits = BigInt(`0x${requestId(request)}`)
    for (const [at] of ones.entries()) ones[at] = (ones[at] ?? 0) + Number((bits >> BigInt(at)) & 1n)
  }
  // Twelve standard deviations.
  for (const count of ones) expect(Math.abs(count - 2000)).toBeLessThan(380)
})
