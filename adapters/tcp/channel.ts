import type { Socket } from 'node:net'
import { ByteReader, frameBytes, preface } from '../../src/connections/byte-frames.ts'
import { cborFormat } from '../../src/connections/cbor-format.ts'
import type { Encoded, Format } from '../../src/connections/format.ts'
import { type FrameReader, FramingError } from '../../src/connections/frames.ts'
import { jsonFormat } from '../../src/connections/json-format.ts'
import { frameLine, LineReader } from '../../src/connections/line-frames.ts'
import type { TopicEvent } from '../../src/topics/event.ts'
import type { MessageServer } from '../process/listening.ts'
import type { AcceptMessages } from './first-byte.ts'
import type { SocketOwner } from './socket.ts'
import { EventForm, SocketChannel } from './socket-channel.ts'

/** A client that does not end its side after the last message is disconnected after this. */
const closeTimeoutMs = 5000

const lineEnd = Buffer.from('\n')

const forms = { json: formOf(jsonFormat), cbor: formOf(cborFormat) }

function formOf({ event: messageOf }: Format): EventForm {
  return new EventForm((event: TopicEvent) => {
    const framed = frameOf(event.as(messageOf))
    return typeof framed === 'string' ? unpooled(framed) : Buffer.from(framed.buffer)
  })
}

/** Bytes that are kept for long must not hold all of a pool. */
function unpooled(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}

function frameOf(message: Encoded): string | Uint8Array<ArrayBuffer> {
  return typeof message === 'string' ? frameLine(message) : frameBytes(message)
}

/** A bare TCP connection that carries messages: lines of JSON, or frames of CBOR. */
class TcpChannel extends SocketChannel {
  readonly reader: FrameReader
  #isClosed = false

  constructor(format: Format, socket: Socket) {
    super(format, socket)
    this.reader = format === jsonFormat ? new LineReader(this) : new ByteReader(this)
  }

  ping(): void {
    this.send(this.format.ping)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.discardWaiting()
    this.reader.discard()
    this.socket.end()
    const timer = setTimeout(destroy, closeTimeoutMs, this.socket)
    this.socket.once('close', () => clearTimeout(timer))
  }

  get isOpen(): boolean {
    return !this.#isClosed
  }

  closed(): void {
    this.#isClosed = true
    this.connection?.closed()
  }

  protected get form(): EventForm {
    return forms[this.format.name]
  }

  protected write(message: Encoded): void {
    this.socket.write(frameOf(message))
  }

  protected pause(): void {
    this.socket.pause()
  }

  protected resume(): void {
    this.socket.resume()
  }
}

function destroy(socket: Socket): void {
  socket.destroy()
}

/** Reads the messages of a channel from its socket. */
class TcpMessageReader implements SocketOwner {
  readonly #channel: TcpChannel

  constructor(channel: TcpChannel) {
    this.#channel = channel
  }

  receive(bytes: Uint8Array, start: number, end: number): void {
    this.#read(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end))
  }

  receiveEnd(): void {
    // The last line may lack its line end.
    if (this.#channel.format === jsonFormat && this.#channel.reader.pendingBytes > 0) this.#read(lineEnd)
    this.#channel.ended()
  }

  /** The channel listens to the socket itself. */
  drained(): void {}

  closed(): void {
    this.#channel.closed()
  }

  #read(bytes: Uint8Array): void {
    const { isOpen, reader, connection } = this.#channel
    if (!isOpen) {
      this.#channel.late(bytes.byteLength)
      return
    }
    try {
      reader.push(bytes)
      connection?.hold(reader.pendingBytes)
    } catch (error) {
      if (!(error instanceof FramingError)) throw error
      connection?.end(error.code, error.message)
    }
  }
}

/** The first byte of a connection selects the format: an object's brace, or the preface. */
const formats = new Map<number, Format>([
  [0x7b, jsonFormat],
  [preface[0] as number, cborFormat],
])

/** Opens message connections on sockets whose first byte is one of messages. */
export function createAcceptMessages(app: Pick<MessageServer, 'connections'>): AcceptMessages {
  return (firstByte, socket, peer, authority) => {
    const format = formats.get(firstByte)
    if (format === undefined) return null
    if (format === cborFormat) socket.write(preface)
    const channel = new TcpChannel(format, socket)
    channel.connection = app.connections.open(channel, peer, { authority })
    return new TcpMessageReader(channel)
  }
}
