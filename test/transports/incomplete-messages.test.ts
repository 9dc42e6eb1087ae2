/** Messages that never become complete, and frames that are no message: neither memory nor time that a client may take at will. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { messageBytesMax } from '../../src/connections/limits.ts'
import { incompleteBytesMax, networkIncompleteBytesMax } from '../../src/limits/incomplete-bytes.ts'
import { rounds, sample } from '../harness/sample.ts'
import { dialTcp, openSocket, request } from './clients.ts'
import { tcpServerKinds, useServer } from './servers.ts'

/** A frame as a client sends it, masked with zeros. */
function frame(opcode: number, payload: Uint8Array, isFinal = true): Buffer {
  const { length } = payload
  const head = Buffer.alloc(length < 126 ? 6 : 14)
  head[0] = (isFinal ? 0x80 : 0) | opcode
  head[1] = 0x80 | (length < 126 ? length : 127)
  if (length >= 126) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

/** A WebSocket of bare frames; with `network`, the client's address behind a trusted proxy. */
async function openWebSocket(url: string, network?: string): Promise<Socket> {
  const socket = await openSocket(url)
  const lines = [
    'GET /api/connect HTTP/1.1',
    `Host: ${new URL(url).host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
    ...(network === undefined ? [] : [`X-Forwarded-For: ${network}`]),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  await once(socket, 'data')
  return socket
}

/** Resolves with the code of the `goaway`. */
function goawayOf(socket: Socket): Promise<number> {
  let text = ''
  return new Promise((resolve) => {
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1')
      const code = /"goaway","params":\{"code":(\d+)/.exec(text)?.[1]
      if (code !== undefined) resolve(Number(code))
    })
  })
}

async function sendAll(socket: Socket, bytes: Uint8Array): Promise<void> {
  await new Promise((resolve) => {
    socket.write(bytes, resolve)
  })
}

const incomplete = frame(1, Buffer.alloc(messageBytesMax - 1024, '{'), false)
/** More than a server takes after it has ended its side, and than the buffers between. */
const lateBytes = 48 * 1024 ** 2
const emptyPongs = Buffer.concat(Array.from({ length: 10_000 }, () => frame(10, Buffer.of())))
const pongs = Buffer.concat(Array.from({ length: 470 }, () => frame(10, Buffer.alloc(125))))

// On Deno's own HTTP server the runtime reads the frames, and passes on whole messages alone.
describe.each(sample(tcpServerKinds, 2))('on $name', (serverKind) => {
  const server = useServer(serverKind, { TRUST_PROXY: '127.0.0.1' })

  test('a flood of pongs from one client ends its WebSocket with 1008', async () => {
    const socket = await openWebSocket(server().url, '198.51.100.1')
    const end = goawayOf(socket)
    for (let sent = 0; sent < 200 && socket.writable; sent += 1) await sendAll(socket, pongs)
    expect(await end).toBe(1008)
    socket.destroy()
  })

  test.each([
    ['pongs', 1008, (url: string) => openWebSocket(url, '198.51.100.4'), pongs],
    ['empty pongs', 1008, (url: string) => openWebSocket(url, '198.51.100.5'), emptyPongs],
    ['invalid lines', 1002, openSocket, Buffer.alloc(64 * 1024, '{\n')],
  ])('a client that goes on sending %s after the end is disconnected', async (_, code, open, flood) => {
    const socket = await open(server().url)
    const end = goawayOf(socket)
    socket.on('error', () => {})
    let sent = 0
    for (; sent < lateBytes && !socket.destroyed; sent += flood.byteLength) await sendAll(socket, flood)
    expect([await end, sent < lateBytes]).toEqual([code, true])
  })

  test('a flood of empty fragments from one client ends its WebSocket with 1008', async () => {
    const socket = await openWebSocket(server().url, '198.51.100.2')
    const end = goawayOf(socket)
    const fragments = Buffer.concat(Array.from({ length: 10_000 }, () => frame(0, Buffer.of(), false)))
    socket.write(Buffer.concat([frame(1, Buffer.of(), false), fragments]))
    expect(await end).toBe(1008)
    socket.destroy()
  })

  test('incomplete messages of one client network are bounded, and others are served', async () => {
    const count = Math.ceil(networkIncompleteBytesMax / messageBytesMax) + 1
    const networks = Array.from({ length: count }, (_, host) => `2001:db8:0:1::${host}`)
    const sockets = await Promise.all(networks.map((network) => openWebSocket(server().url, network)))
    const ends = Promise.race(sockets.map(goawayOf))
    const innocent = await openWebSocket(server().url, '2001:db8:0:2::1')
    for (const socket of sockets) await sendAll(socket, incomplete)
    // Either the bytes in all connections of the network, or the cost of so many bytes.
    expect(await ends).toBe(1008)
    innocent.write(
      Buffer.concat([
        frame(1, Buffer.from('{"jsonrpc":"2.0",'), false),
        frame(0, Buffer.from('"id":1,"method":"echo"}')),
      ]),
    )
    const [response] = await once(innocent, 'data')
    expect(String(response)).toContain('"result":null')
    for (const socket of [...sockets, innocent]) socket.destroy()
  })

  test('incomplete messages of all connections are bounded together, on TCP and WebSocket', async () => {
    const small = await dialTcp(server().url, 'tcp-json')
    small.sendRaw('{"jsonrpc":"2.0",')
    const count = Math.ceil(incompleteBytesMax / incomplete.length) + 2
    const sockets = await Promise.all(
      Array.from({ length: count }, (_, n) => (n % 2 === 0 ? openSocket(server().url) : openWebSocket(server().url))),
    )
    const ended = Promise.race(sockets.map(goawayOf))
    for (const [n, socket] of sockets.entries()) {
      await sendAll(socket, n % 2 === 0 ? Buffer.alloc(incomplete.length, '{') : incomplete)
    }
    expect(await ended).toBe(1013)
    small.sendRaw('"id":1,"method":"echo"}\n')
    expect(await small.next()).toMatchObject({ id: 1 })
    for (const socket of sockets) socket.destroy()
    small.end()
  })

  test('a message in one-byte fragments with pongs between them is one message', async () => {
    const socket = await openWebSocket(server().url)
    const text = JSON.stringify(request(1, 'echo', ['x'.repeat(rounds({ sampled: 100, full: 8000 }))]))
    for (const [at, byte] of Buffer.from(text).entries()) {
      const part = frame(at === 0 ? 1 : 0, Buffer.of(byte), at === text.length - 1)
      await sendAll(socket, Buffer.concat([part, pongs]))
    }
    const [response] = await once(socket, 'data')
    expect(String(response)).toContain('"result":["xxx')
    socket.destroy()
  })
})
