import { expect, test } from 'vitest'
import { ConnectionCounts } from '../../adapters/tcp/connection-counts.ts'
import { defaultLimits } from '../../src/http1/limits.ts'

const limits = { ...defaultLimits, connectionsPerAddressMax: 10, connectionsMax: 100 }

/** The number of connections that are accepted from each address in turn, a thousand in all. */
function accepted(counts: ConnectionCounts, addressOf: (n: number) => string): number {
  let count = 0
  for (let n = 0; n < 1000; n += 1) if (counts.add(addressOf(n % 256))) count += 1
  return count
}

test.each([
  ['an IPv4 address', () => '192.0.2.1', 10],
  ['an IPv4 address in its IPv6 form', () => '::ffff:192.0.2.1', 10],
  ['an IPv6 /64', (n: number) => `2001:db8::${n}`, 10],
  ['an IPv6 /56', (n: number) => `2001:db8:7:${n.toString(16)}::1`, 40],
  ['an IPv6 /48: half of all', (n: number) => `2001:db8:7:${(n * 256).toString(16)}::1`, 50],
  ['an unknown address', () => '', 10],
])('%s has a limit', (_, addressOf, max) => {
  expect(accepted(new ConnectionCounts(limits), addressOf)).toBe(max)
})

test('where all connections come from a proxy, it may have them all', () => {
  const counts = new ConnectionCounts({ ...limits, connectionsPerAddressMax: limits.connectionsMax })
  expect(accepted(counts, () => '2001:db8::1')).toBe(limits.connectionsMax)
})

test('a connection that ends makes room for another', () => {
  const counts = new ConnectionCounts(limits)
  const inNetwork = (n: number) => `2001:db8:7:${n.toString(16)}::1`
  accepted(counts, inNetwork)
  expect(counts.add(inNetwork(7))).toBe(false)
  counts.remove(inNetwork(0))
  expect(counts.add(inNetwork(7))).toBe(true)
})
