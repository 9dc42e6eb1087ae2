/** A WebSocket client as lean as can be: it makes no strings, and masks with zeros. */
import { type Address, Connection, firstOf, through } from './connection.ts'

/** Takes a message where it lies: its bytes are `from` to `to`. */
export type TakeMessage = (bytes: Buffer, from: number, to: number) => void

export interface WebSocketAddress extends Address {
  path: string
  protocol?: string
  /** For data that arrives at once. */
  onMessage?: TakeMessage
}

const text = 1
const close = 8
const ping = 9
const pong = 10
const isFinal = 0x80

export class WebSocketClient {
  readonly #connection: Connection
  onMessage: TakeMessage

  constructor(connection: Connection, onMessage: TakeMessage) {
    this.#connection = connection
    this.onMessage = onMessage
    connection.listen((bytes, end) => this.#takeFrames(bytes, end))
  }

  send(message: string): void {
    this.sendFrame(frameOf(message))
  }

  sendFrame(frame: Buffer): void {
    this.#connection.write(frame)
  }

  close(): void {
    this.#connection.close()
  }

  #takeFrames(bytes: Buffer, end: number): number {
    let at = 0
    for (;;) {
      if (end - at < 2) return at
      let from = at + 2
      let length = (bytes[at + 1] as number) & 127
      if (length > 125) {
        from += length === 126 ? 2 : 8
        if (from > end) return at
        length = length === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
      }
      const to = from + length
      if (to > end) return at
      this.#takeFrame(bytes[at] as number, bytes, from, to)
      at = to
    }
  }

  #takeFrame(head: number, bytes: Buffer, from: number, to: number): void {
    const opcode = head & 15
    if ((head & isFinal) === 0) throw new Error('A message came in several frames.')
    if (opcode === text) this.onMessage(bytes, from, to)
    else if (opcode === ping) this.sendFrame(frameOf(bytes.toString('latin1', from, to), pong))
    else if (opcode === close) throw new Error(`The server closed with ${closeReason(bytes, from, to)}.`)
  }
}

/** Connects and shakes hands. @throws Error when the server does not switch protocols */
export async function openWebSocket(address: WebSocketAddress): Promise<WebSocketClient> {
  const { port, path, protocol, onMessage = () => {} } = address
  const connection = new Connection(address)
  const head = firstOf(connection, through('\r\n\r\n'))
  const wanted = protocol === undefined ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`
  connection.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${wanted}\r\n`,
  )
  const response = (await head).toString('latin1')
  if (!response.startsWith('HTTP/1.1 101 ')) throw new Error(`No WebSocket: ${response}`)
  return new WebSocketClient(connection, onMessage)
}

/** A frame as a client sends it. Masking with zeros changes nothing and is allowed. */
export function frameOf(message: string, opcode = text): Buffer {
  const length = Buffer.byteLength(message)
  const isShort = length < 126
  if (length > 0xffff) throw new RangeError('This client sends no such long message.')
  const at = (isShort ? 2 : 4) + maskBytes
  const frame = Buffer.alloc(at + length)
  frame[0] = isFinal | opcode
  frame[1] = 0x80 | (isShort ? length : 126)
  if (!isShort) frame.writeUInt16BE(length, 2)
  frame.write(message, at)
  return frame
}

const maskBytes = 4

function closeReason(bytes: Buffer, from: number, to: number): string {
  return to - from < 2 ? 'no code' : `${bytes.readUInt16BE(from)} ${bytes.toString('utf8', from + 2, to)}`
}
