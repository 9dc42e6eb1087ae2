import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { boundUnsentBytes } from '../../adapters/tcp/unsent-bytes.ts'

/** Sockets by address and unsent bytes; returns the indexes of those that are left. */
function leftOf(all: readonly [address: string, bytes: number][], bytesMax: number): number[] {
  const left = new Set(all.keys())
  const sockets = all.map(
    ([remoteAddress, writableLength], index) =>
      ({ remoteAddress, writableLength, destroy: () => left.delete(index) }) as unknown as Socket,
  )
  boundUnsentBytes(sockets, bytesMax)
  return [...left]
}

test('below the limit nobody is disconnected', () => {
  const all: [string, number][] = Array.from({ length: 10 }, (_, n) => [`192.0.2.${n}`, 10])
  expect(leftOf(all, 100)).toHaveLength(10)
})

test('beyond it the largest of the network that has most are, until the rest is below', () => {
  expect(
    leftOf(
      [
        ['192.0.2.1', 60],
        ['2001:db8:1:1::1', 40],
        ['2001:db8:1:2::1', 41],
        ['2001:db8:1:3::1', 0],
        ['192.0.2.2', 5],
      ],
      110,
    ),
  ).toEqual([0, 1, 3, 4])
})
