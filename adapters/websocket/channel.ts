import type { Socket } from 'node:net'
import { cborFormat } from '../../src/connections/cbor-format.ts'
import type { Encoded, Format } from '../../src/connections/format.ts'
import { FramingError } from '../../src/connections/frames.ts'
import { jsonFormat } from '../../src/connections/json-format.ts'
import { WebSocketReader, type WebSocketSink } from '../../src/connections/web-socket-frames.ts'
import type { TopicEvent } from '../../src/topics/event.ts'
import { EventForm, SocketChannel } from '../tcp/socket-channel.ts'
import { closeFrame, frame, pingFrame, pongFrame } from './frames.ts'

/** A client that does not answer the close frame, or does not end its side, is disconnected after this. */
const closeTimeoutMs = 5000
/** Reading frames costs time, so the client's close frame is only looked for in this many bytes: what was on its way. */
const closingBytesMax = 64 * 1024

const forms = { json: formOf(jsonFormat), cbor: formOf(cborFormat) }

function formOf({ event: messageOf }: Format): EventForm {
  return new EventForm((event: TopicEvent) => frame(event.as(messageOf), Buffer.allocUnsafeSlow))
}

/**
 * The closing handshake (RFC 6455 §7): each side sends a close frame, then the server ends the TCP connection. After a
 * fault of the framing there is no close frame to wait for.
 */
type State = 'open' | 'closing' | 'ended'

/** A WebSocket on a socket of Node, and its closing. */
export class WebSocketChannel extends SocketChannel implements WebSocketSink {
  readonly #reader: WebSocketReader
  #state: State = 'open'
  /** True if a ping was sent whose pong has not come. */
  #isPinged = false

  constructor(format: Format, socket: Socket) {
    super(format, socket)
    this.#reader = new WebSocketReader(this)
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Reads received bytes. */
  push(bytes: Uint8Array): void {
    if (!this.isOpen && this.late(bytes.byteLength) > closingBytesMax) this.#end()
    // Otherwise they are discarded, until the peer ends its side.
    if (this.#state === 'ended') return
    try {
      this.#reader.push(bytes)
      this.connection?.hold(this.#reader.pendingBytes)
    } catch (error) {
      if (!(error instanceof FramingError)) throw error
      this.connection?.end(error.code, error.message)
      this.#end()
    }
  }

  ping(): void {
    if (!this.isOpen) return
    this.#isPinged = true
    this.transmit(pingFrame)
  }

  pinged(payload: Uint8Array): void {
    // A client that reads nothing gets no pongs.
    if (!this.isOpen || this.isBlocked) return
    this.transmit(pongFrame(payload))
    this.connection?.heard()
  }

  /** A pong that answers no ping says nothing. */
  ponged(): void {
    if (!this.#isPinged) return
    this.#isPinged = false
    this.connection?.heard()
  }

  peerClosed(code: number | null): void {
    if (this.isOpen) this.socket.write(closeFrame(code))
    this.#end()
    this.connection?.closed()
  }

  close(code: number, reason: string): void {
    if (!this.isOpen) return
    this.#state = 'closing'
    this.#reader.discard()
    this.socket.write(closeFrame(code, reason))
    this.discardWaiting()
    this.#destroyLater()
  }

  /** The peer has ended its side, with a close frame or without. */
  override ended(): void {
    this.#end()
    this.connection?.closed()
  }

  /** The socket has closed. */
  closed(): void {
    this.#state = 'ended'
    this.connection?.closed()
  }

  protected get form(): EventForm {
    return forms[this.format.name]
  }

  protected write(message: Encoded): void {
    this.socket.write(frame(message))
  }

  protected pause(): void {
    this.socket.pause()
  }

  protected resume(): void {
    this.socket.resume()
  }

  #end(): void {
    if (this.#state === 'ended') return
    if (this.#state === 'open') this.#destroyLater()
    this.#state = 'ended'
    this.#reader.discard()
    this.discardWaiting()
    this.socket.end()
  }

  #destroyLater(): void {
    const timer = setTimeout(destroy, closeTimeoutMs, this.socket)
    this.socket.once('close', () => clearTimeout(timer))
  }
}

function destroy(socket: Socket): void {
  socket.destroy()
}
