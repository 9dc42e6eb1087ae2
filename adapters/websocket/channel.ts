import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { cborFormat } from '../../src/connections/cbor-format.ts'
import type { CloseCode } from '../../src/connections/close-codes.ts'
import type { Encoded, Format } from '../../src/connections/format.ts'
import { jsonFormat } from '../../src/connections/json-format.ts'
import { protocols } from '../../src/connections/upgrade.ts'
import type { TopicEvent } from '../../src/topics/event.ts'
import { EventForm, SocketChannel } from '../tcp/socket-channel.ts'
import { frame } from './frames.ts'

const [, cborProtocol] = protocols

const forms = { json: formOf(jsonFormat), cbor: formOf(cborFormat) }

function formOf({ event: messageOf }: Format): EventForm {
  return new EventForm((event: TopicEvent) => frame(event.as(messageOf), Buffer.allocUnsafeSlow))
}

/** Reasons for the codes with which `ws` fails a connection. */
const faults = new Map<number, readonly [CloseCode, string]>([[1009, [1009, 'The message is too large.']]])
const brokenFraming = [1002, 'The framing is broken.'] as const

/** A WebSocket of a message connection. Its channel is set before the first message. */
export class MessageWebSocket extends WebSocket {
  channel: WebSocketChannel | null = null

  /** `ws` passes a code alone when the client has broken the protocol: then a goaway is sent first. */
  override close(code?: number, data?: string | Buffer): void {
    if (code !== undefined && data === undefined && this.readyState === WebSocket.OPEN) this.channel?.failed(code)
    super.close(code, data)
  }
}

/**
 * A channel on a WebSocket of `ws`. Messages go directly to the socket: without compression `ws` writes its own frames at
 * once, so the order holds.
 */
export class WebSocketChannel extends SocketChannel {
  readonly #webSocket: MessageWebSocket

  constructor(webSocket: MessageWebSocket, socket: Socket) {
    super(webSocket.protocol === cborProtocol ? cborFormat : jsonFormat, socket)
    this.#webSocket = webSocket
  }

  ping(): void {
    if (this.isOpen) this.#webSocket.ping()
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason)
    this.discardWaiting()
  }

  failed(code: number): void {
    this.connection?.end(...(faults.get(code) ?? brokenFraming))
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === WebSocket.OPEN
  }

  protected get form(): EventForm {
    return forms[this.format.name]
  }

  protected write(message: Encoded): void {
    this.socket.write(frame(message))
  }

  protected pause(): void {
    this.#webSocket.pause()
  }

  protected resume(): void {
    this.#webSocket.resume()
  }
}
