import { expect, test } from 'vitest'
import { Caller } from '../../src/connections/caller.ts'
import type { ConnectionHost } from '../../src/connections/host.ts'
import { createClientKeys } from '../../src/limits/client-keys.ts'
import { type Holder, IncompleteBytes, networkIncompleteBytesMax } from '../../src/limits/incomplete-bytes.ts'

const clientKeys = createClientKeys()
const host = { keysOf: (who, peer) => clientKeys(who?.userId ?? null, peer) } as ConnectionHost

/** Connections from these addresses that hold equal shares of twice as much as one network may; returns how many end. */
function endedOf(addresses: readonly string[]): number {
  const bytes = new IncompleteBytes()
  let ended = 0
  for (const address of addresses) {
    const { network } = new Caller(host, { address, isSecure: false })
    const end = () => {
      ended += 1
    }
    const holder: Holder = { network, heldBytes: 0, end }
    bytes.hold(holder, (2 * networkIncompleteBytesMax) / addresses.length)
  }
  return ended
}

test('all /64s of an IPv6 /48 together may hold as many bytes of incomplete messages as one address', () => {
  expect(endedOf(Array.from({ length: 100 }, () => '192.0.2.1'))).toBe(50)
  expect(endedOf(Array.from({ length: 100 }, (_, n) => `2001:db8:7:${(n * 256).toString(16)}::1`))).toBe(50)
  expect(endedOf(Array.from({ length: 100 }, (_, n) => `192.0.2.${n}`))).toBe(0)
})
