import { expect, test } from 'vitest'
import { Quota } from '../../src/connections/quota.ts'
import { createClientKeys } from '../../src/limits/client-keys.ts'

const clientKeys = createClientKeys()
const keysOf = (subnet: number) =>
  clientKeys(null, { address: `2001:db8:7:${subnet.toString(16)}::1`, isSecure: false })

/** The number of things that clients in 100 subnets of a /48 may have. */
function taken(quota: Quota, step: number): number {
  let count = 0
  for (let n = 0; n < 1000; n += 1) if (quota.take(keysOf((n % 100) * step))) count += 1
  return count
}

test('the clients of an IPv6 /56 may have 4 times as much together as one, those of a /48 16 times', () => {
  expect(taken(new Quota(5), 0)).toBe(5)
  expect(taken(new Quota(5), 1)).toBe(4 * 5)
  expect(taken(new Quota(5), 256)).toBe(16 * 5)
})

test('what is given back may be taken again, by any client of the network', () => {
  const quota = new Quota(5)
  taken(quota, 256)
  expect(quota.take(keysOf(0xff00))).toBe(false)
  quota.give(keysOf(0))
  expect(quota.take(keysOf(0xff00))).toBe(true)
})

test('a client without keys is not counted', () => {
  const quota = new Quota(1)
  expect([quota.take([]), quota.take([])]).toEqual([true, true])
})
