/** WebSockets through `ws` on both ends, and a handshake that brings its first message along. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { contentsWhole } from '../contents.ts'
import type { Scenario } from '../user.ts'
import { BrokenError } from '../wire.ts'

const webSocket: Scenario = {
  name: 'WebSocket',
  weight: 8,
  async play(user) {
    const { random, ports } = user
    const isSecure = random.below(4) === 0
    const url = isSecure ? `wss://127.0.0.1:${ports.secure}/ws` : `ws://127.0.0.1:${ports.plain}/ws`
    const socket = new WebSocket(url, { rejectUnauthorized: false, perMessageDeflate: false })
    user.onLeave(() => socket.terminate())
    // Errors reach everything that waits.
    socket.on('error', () => {})
    const closed = once(socket, 'close')
    closed.catch(() => {})
    await once(socket, 'open')
    for (let left = random.below(10); left > 0; left--) {
      const message = contentsWhole(user.nextNumber(), random.below(random.pick([10, 1000, 300_000])))
      const back = once(socket, 'message')
      socket.send(message)
      if (!message.equals((await back)[0] as Buffer)) throw new BrokenError('another message came back')
      user.note('messages')
    }
    if (random.below(2) === 0) socket.terminate()
    else socket.close(1000)
    await closed
  },
}

const handshake = [
  'GET /ws HTTP/1.1',
  'Host: soak.example',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

/** A masked text frame, its mask all zeros (RFC 6455 §5.2). */
function frame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
}

const firstMessageAlong: Scenario = {
  name: 'handshake with a message',
  weight: 3,
  async play(user) {
    const { wire, reader } = await user.open()
    const text = String(user.nextNumber())
    const all = Buffer.concat([Buffer.from(`${handshake.join('\r\n')}\r\n\r\n`), frame(text)])
    await user.send(wire, user.cut(all, user.random.below(3)), { waitMs: 2 })
    const { status } = await reader.head()
    if (status !== 101) throw new BrokenError(`a handshake gave ${status}`)
    const parts: Buffer[] = []
    await reader.bytes(2 + text.length, (part) => parts.push(part))
    const message = Buffer.concat(parts).subarray(2).toString()
    if (message !== text) throw new BrokenError(`${message} came back for ${text}`)
  },
}

export const sockets: readonly Scenario[] = [webSocket, firstMessageAlong]
