/** Clients of the message protocol on each transport, written from its documentation alone. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { decode, encode } from 'cborg'
import { WebSocket } from 'ws'

/** The parts of a message that tests look at. Not every message has all of them. */
export interface Message {
  id: number | string | null
  method: string
  params: {
    code: number
    offset: number
    type: string
    data: { title: string }
    member: { name: string }
  }
  result: { status: number; body: { data: { id: string; title: string } } }
  error?: { code: number }
}

export interface Client {
  send(message: object): void
  /** Sends bytes that are not a message. */
  sendRaw(data: string | Uint8Array): void
  /** The next message. @throws when the connection ends before it */
  next(): Promise<Message>
  /** Sends a request and resolves with its response, skipping earlier messages. */
  ask(message: object): Promise<Message>
  /** Resolves when the connection is over, with the close code of a WebSocket; null for TCP. */
  closed: Promise<number | null>
  end(): void
}

export const kinds = ['ws-json', 'ws-cbor', 'tcp-json', 'tcp-cbor'] as const
export const webSocketKinds = ['ws-json', 'ws-cbor'] as const
export type Kind = (typeof kinds)[number]

const preface = Buffer.from('d9d9f7', 'hex')

/** Received messages that are not read yet. */
class Inbox {
  readonly #messages: Message[] = []
  #wake: () => void = () => {}
  isOver = false

  add(message: Message): void {
    this.#messages.push(message)
    this.#wake()
  }

  end(): void {
    this.isOver = true
    this.#wake()
  }

  async next(): Promise<Message> {
    for (;;) {
      const message = this.#messages.shift()
      if (message !== undefined) return message
      if (this.isOver) throw new Error('The connection is over.')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

export async function dial(url: string, kind: Kind): Promise<Client> {
  return kind === 'ws-json' || kind === 'ws-cbor' ? dialWebSocket(url, kind) : dialTcp(url, kind)
}

/** A WebSocket by `ws`. */
export async function dialWebSocket(
  url: string,
  kind: 'ws-json' | 'ws-cbor',
): Promise<Client & { webSocket: WebSocket }> {
  const isText = kind === 'ws-json'
  const webSocket = new WebSocket(
    `${url.replace('http', 'ws')}/api/connect`,
    isText ? 'galley.v1.json' : 'galley.v1.cbor',
    {
      rejectUnauthorized: false,
    },
  )
  const inbox = new Inbox()
  webSocket.on('message', (data: Buffer, isBinary: boolean) =>
    inbox.add(isBinary ? decode(data) : JSON.parse(data.toString())),
  )
  webSocket.on('error', () => {})
  const closed = new Promise<number>((resolve) => {
    webSocket.on('close', (code) => {
      inbox.end()
      resolve(code)
    })
  })
  await once(webSocket, 'open')
  return {
    webSocket,
    closed,
    send: (message) => webSocket.send(isText ? JSON.stringify(message) : encode(message)),
    sendRaw: (data) => webSocket.send(data),
    next: () => inbox.next(),
    ask: (message) => ask(inbox, () => webSocket.send(isText ? JSON.stringify(message) : encode(message)), message),
    end: () => webSocket.close(),
  }
}

export interface TcpClient extends Client {
  socket: Socket
}

/** Sends no first byte, so that the test can send it in pieces. */
export async function openSocket(url: string): Promise<Socket> {
  const { protocol, hostname, port } = new URL(url)
  const options = { host: hostname, port: Number(port), allowHalfOpen: true }
  const socket = protocol === 'https:' ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options)
  socket.on('error', () => {})
  await once(socket, protocol === 'https:' ? 'secureConnect' : 'connect')
  return socket
}

export function encoded(message: object, kind: 'tcp-json' | 'tcp-cbor'): Buffer {
  if (kind === 'tcp-json') return Buffer.from(`${JSON.stringify(message)}\n`)
  const bytes = encode(message)
  const head = Buffer.from([0x5a, 0, 0, 0, 0])
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

export async function dialTcp(url: string, kind: 'tcp-json' | 'tcp-cbor'): Promise<TcpClient> {
  const socket = await openSocket(url)
  if (kind === 'tcp-cbor') socket.write(preface)
  return talkOn(socket, kind)
}

/** Reads messages from a socket. */
export function talkOn(socket: Socket, kind: 'tcp-json' | 'tcp-cbor'): TcpClient {
  const inbox = new Inbox()
  const take = kind === 'tcp-json' ? takeLine : cborTaker()
  let received = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    let start = 0
    for (let taken = take(received); taken !== null; taken = take(received.subarray(start))) {
      start += taken.length
      if (taken.message !== undefined) inbox.add(taken.message)
    }
    received = received.subarray(start)
  })
  const closed = new Promise<null>((resolve) => {
    socket.on('close', () => {
      inbox.end()
      resolve(null)
    })
  })
  socket.on('end', () => {
    inbox.end()
    socket.end()
  })
  return {
    socket,
    closed,
    send: (message) => void socket.write(encoded(message, kind)),
    sendRaw: (data) => void socket.write(data),
    next: () => inbox.next(),
    ask: (message) => ask(inbox, () => socket.write(encoded(message, kind)), message),
    end: () => void socket.end(),
  }
}

async function ask(inbox: Inbox, send: () => void, message: { id?: unknown }): Promise<Message> {
  send()
  for (;;) {
    const response = await inbox.next()
    if (response.id === message.id) return response
  }
}

interface Taken {
  length: number
  message?: Message
}

function takeLine(bytes: Buffer): Taken | null {
  const at = bytes.indexOf('\n')
  return at === -1 ? null : { length: at + 1, message: JSON.parse(bytes.subarray(0, at).toString()) }
}

/** Each direction begins with the preface. */
function cborTaker(): (bytes: Buffer) => Taken | null {
  let isFirst = true
  return (bytes) => {
    if (isFirst) {
      if (bytes.length < preface.length) return null
      if (!bytes.subarray(0, preface.length).equals(preface)) throw new Error('The preface is missing.')
      isFirst = false
      return { length: preface.length }
    }
    if (bytes.length < 5) return null
    if (bytes[0] !== 0x5a) throw new Error('This is no frame.')
    const length = 5 + bytes.readUInt32BE(1)
    return bytes.length < length ? null : { length, message: decode(bytes.subarray(5, length)) }
  }
}

export function request(id: number | string, method: string, params?: object): { id: number | string } {
  return { jsonrpc: '2.0', id, method, ...(params && { params }) } as { id: number | string }
}
