import { connect } from 'node:net'
import type { Dial } from '../../../src/client/message-client.js'
import { FramingError } from '../../../src/connections/frames.ts'
import { frameLine, LineReader } from '../../../src/connections/line-frames.ts'

const closeTimeoutMs = 2000

export interface Address {
  host: string
  port: number
}

/** Returns a `Dial` that opens TCP connections with one message per line. */
export function dialTcp(address: Address): Dial {
  return ({ opened, message, closed }) => {
    const socket = connect({ ...address, noDelay: true })
    let reason = 'closed'
    const reader = new LineReader({
      charge() {},
      receive: (line) => message(String(line)),
      malformed: (error) => socket.destroy(error),
    })
    socket.on('connect', opened)
    socket.on('data', (bytes: Buffer) => {
      try {
        reader.push(bytes)
      } catch (error) {
        if (!(error instanceof FramingError)) throw error
        socket.destroy(error)
      }
    })
    socket.on('error', (error) => {
      reason = error.message
    })
    socket.on('close', () => closed(1006, reason))
    return {
      send: (text) => socket.writable && socket.write(frameLine(text)),
      close() {
        // A peer that has gone never acknowledges the end.
        socket.setTimeout(closeTimeoutMs, () => socket.destroy())
        socket.destroySoon()
      },
    }
  }
}

/** Parses `host:port`, `host`, `[::1]:port` or a URL; null if it is none of them. */
export function parseAddress(text: string): Address | null {
  const url = URL.parse(text.includes('://') ? text.replace(/^[a-z]+:/, 'ws:') : `ws://${text}`)
  if (!url?.hostname) return null
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 3000) }
}
