import { expect, test } from 'vitest'
import { createClientKeys } from '../../src/limits/client-keys.ts'

const clientKeys = createClientKeys()
const keysOf = (address: string | null, userId: string | null = null) =>
  clientKeys(userId, { address, isSecure: false })
/** The client's own. */
const keyOf = (address: string | null, userId: string | null = null) => keysOf(address, userId)[0]

test('an identified client has one bucket for all its addresses', () => {
  expect(keyOf('192.0.2.1', 'user1')).toBe('user1')
  expect(keyOf('2001:db8::1', 'user1')).toBe('user1')
})

test('an anonymous client counts by address', () => {
  expect(keyOf('192.0.2.1')).toBe('192.0.2.1')
  expect(keyOf('192.0.2.1')).not.toBe(keyOf('192.0.2.2'))
})

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
  ['2001:db8:1:2:3:4:5:6', '2001:0DB8:0001:0002::'],
  ['2001:db8::1', '2001:db8:0:0:1::'],
  ['fe80::1%eth0', 'fe80::2%wlan0'],
  ['64:ff9b::192.0.2.1', '64:ff9b::198.51.100.7'],
])('%s and %s are one network', (one, other) => {
  expect(keyOf(one)).toBe(keyOf(other))
})

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:3::1'],
  ['2001:db8::1', '2001:db9::1'],
  ['::2', '1::2'],
  ['1:23::', '12:3::'],
  ['2001:db8:0:1::', '2001:db8:1::'],
])('%s and %s are two', (one, other) => {
  expect(keyOf(one)).not.toBe(keyOf(other))
})

test('an IPv4 address counts the same in its IPv6 form', () => {
  expect(keyOf('::ffff:192.0.2.1')).toBe('192.0.2.1')
  expect(keyOf('::FFFF:192.0.2.1')).toBe('192.0.2.1')
})

test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])(
  '%s is this machine, which has no limit, signed in or not',
  (address) => {
    expect(keysOf(address)).toEqual([])
    expect(keysOf(address, 'user1')).toEqual([])
  },
)

test.each(['::', '::2', '::7f00:1'])('%s is not this machine', (address) => {
  expect(keysOf(address)).not.toEqual([])
})

test('a call from this program has no limit', () => {
  expect(clientKeys(null, null)).toEqual([])
})

test.each([null, '', 'a:b'])('clients with the invalid address %s share one bucket', (address) => {
  expect(keyOf(address)).toBe('unknown')
  expect(keyOf(address, 'user1')).toBe('user1')
})

test('no user has the bucket of an address', () => {
  for (const address of ['192.0.2.1', '2001:db8::1', '::', '1:2:3:4:5:6:7:8']) expect(keyOf(address)).toMatch(/[.:]/)
})

test('a client of IPv6 counts for its /64, its /56 and its /48, a client of IPv4 for its address alone', () => {
  expect(keysOf('2001:db8:1:2fe::1')).toEqual(['2001:db8:1:2fe::/64', '2001:db8:1:200::/56', '2001:db8:1::/48'])
  expect(keysOf('192.0.2.1')).toEqual(['192.0.2.1'])
})

test('a user counts for the users of each of these networks too', () => {
  const networks = ['2001:db8:1:2fe::/64', '2001:db8:1:200::/56', '2001:db8:1::/48']
  expect(keysOf('2001:db8:1:2fe::1', 'user1')).toEqual(['user1', ...networks.map((each) => `users of ${each}`)])
})

test('more networks than the cache holds still have buckets of their own', () => {
  const keys = Array.from({ length: 10_000 }, (_, n) => keyOf(`2001:db8:${n.toString(16)}::1`))
  expect(new Set(keys).size).toBe(10_000)
})
