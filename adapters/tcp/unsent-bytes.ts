/**
 * Bytes that were written to sockets and that their clients do not take. Each connection has its own limits; this one is for all
 * together, because a client needs few bytes to ask for many.
 */
import type { Socket } from 'node:net'
import { clientNetworksOf } from '../../src/request/client-network.ts'

/** Some dozens of the longest responses on their way. */
export const unsentBytesMax = 256 * 1024 ** 2

/** Destroys sockets until the others have no more unsent bytes than this: the largest of the network that has most. */
export function boundUnsentBytes(sockets: Iterable<Socket>, bytesMax = unsentBytesMax): void {
  let total = 0
  const unsent: Socket[] = []
  for (const socket of sockets) {
    if (socket.writableLength === 0) continue
    total += socket.writableLength
    unsent.push(socket)
  }
  if (total <= bytesMax) return
  const networks = groupByNetwork(unsent)
  while (total > bytesMax) {
    const network = largest(networks, ({ bytes }) => bytes)
    const socket = network?.sockets.pop()
    if (network === undefined || socket === undefined) return
    network.bytes -= socket.writableLength
    total -= socket.writableLength
    socket.destroy()
  }
}

interface Network {
  bytes: number
  /** The largest come last. */
  sockets: Socket[]
}

function groupByNetwork(sockets: readonly Socket[]): Network[] {
  const networks = new Map<string, Network>()
  for (const socket of sockets.toSorted((a, b) => a.writableLength - b.writableLength)) {
    const name = clientNetworksOf(socket.remoteAddress ?? null).at(-1) ?? ''
    const network = networks.get(name) ?? { bytes: 0, sockets: [] }
    network.bytes += socket.writableLength
    network.sockets.push(socket)
    networks.set(name, network)
  }
  return [...networks.values()]
}

function largest<T>(all: readonly T[], sizeOf: (each: T) => number): T | undefined {
  let found: T | undefined
  for (const each of all) if (found === undefined || sizeOf(each) > sizeOf(found)) found = each
  return found
}
