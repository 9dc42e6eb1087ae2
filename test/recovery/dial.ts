/** Connections that carry messages, to a server that may be killed at any moment. */
import { connect, type Socket } from 'node:net'
import { decode, encode } from 'cborg'
import { WebSocket } from 'ws'

export interface Connection<Message> {
  send(message: object): void
  /** The next message; null when the connection is over. */
  next(): Promise<Message | null>
  close(): void
}

export const kinds = ['ws-json', 'ws-cbor', 'tcp-json', 'tcp-cbor'] as const
export type Kind = (typeof kinds)[number]

/** Received messages that are not read yet. */
class Inbox<Message> {
  readonly #messages: Message[] = []
  #arrival = Promise.withResolvers<void>()
  #isOver = false

  add(message: Message): void {
    this.#messages.push(message)
    this.#arrival.resolve()
  }

  end(): void {
    this.#isOver = true
    this.#arrival.resolve()
  }

  async next(): Promise<Message | null> {
    while (this.#messages.length === 0) {
      if (this.#isOver) return null
      this.#arrival = Promise.withResolvers()
      await this.#arrival.promise
    }
    return this.#messages.shift() as Message
  }
}

/** A connection, or an end at once where there is no server. */
export function dial<Message>(url: string, kind: Kind): Connection<Message> {
  return kind === 'ws-json' || kind === 'ws-cbor' ? dialWebSocket(url, kind) : dialTcp(url, kind)
}

function dialWebSocket<Message>(url: string, kind: 'ws-json' | 'ws-cbor'): Connection<Message> {
  const isText = kind === 'ws-json'
  const webSocket = new WebSocket(`${url.replace('http', 'ws')}/api/connect`, kind.replace('ws-', 'galley.v1.'))
  const inbox = new Inbox<Message>()
  const waiting: object[] = []
  const encoded = (message: object) => (isText ? JSON.stringify(message) : encode(message))
  webSocket.on('message', (data: Buffer) => inbox.add(isText ? JSON.parse(data.toString()) : decode(data)))
  webSocket.on('open', () => {
    for (const message of waiting) webSocket.send(encoded(message))
  })
  webSocket.on('error', () => inbox.end())
  webSocket.on('close', () => inbox.end())
  return {
    send: (message) =>
      webSocket.readyState === WebSocket.CONNECTING
        ? waiting.push(message)
        : webSocket.send(encoded(message), () => {}),
    next: () => inbox.next(),
    close: () => webSocket.terminate(),
  }
}

const prefaceHex = 'd9d9f7'
const frameHeadBytes = 5

function dialTcp<Message>(url: string, kind: 'tcp-json' | 'tcp-cbor'): Connection<Message> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  const inbox = new Inbox<Message>()
  const isText = kind === 'tcp-json'
  if (!isText) socket.write(Buffer.from(prefaceHex, 'hex'))
  receive(socket, isText ? takeLine : createFrameTaker(), (message) => inbox.add(message as Message))
  socket.on('error', () => inbox.end())
  socket.on('close', () => inbox.end())
  return {
    send: (message) => void socket.write(isText ? `${JSON.stringify(message)}\n` : frameOf(message)),
    next: () => inbox.next(),
    close: () => void socket.destroy(),
  }
}

interface Taken {
  rest: Buffer
  messages: unknown[]
}

function receive(socket: Socket, take: (bytes: Buffer) => Taken, add: (message: unknown) => void): void {
  let received = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    const { rest, messages } = take(Buffer.concat([received, chunk]))
    received = Buffer.from(rest)
    for (const message of messages) add(message)
  })
}

function takeLine(bytes: Buffer): Taken {
  const end = bytes.lastIndexOf('\n') + 1
  const followers = bytes.subarray(0, end).toString().split('\n').slice(0, -1)
  return { rest: bytes.subarray(end), messages: followers.map((line) => JSON.parse(line) as unknown) }
}

function frameOf(message: object): Buffer {
  const bytes = encode(message)
  const head = Buffer.from([0x5a, 0, 0, 0, 0])
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

/** The server's side begins with the preface, too. */
function createFrameTaker(): (bytes: Buffer) => Taken {
  let at = prefaceHex.length / 2
  return (bytes) => {
    const messages: unknown[] = []
    while (bytes.length >= at + frameHeadBytes) {
      const end = at + frameHeadBytes + bytes.readUInt32BE(at + 1)
      if (bytes.length < end) break
      messages.push(decode(bytes.subarray(at + frameHeadBytes, end)))
      at = end
    }
    const rest = bytes.subarray(Math.min(at, bytes.length))
    at -= bytes.length - rest.length
    return { rest, messages }
  }
}
