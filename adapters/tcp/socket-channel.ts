/**
 * The common part of channels on sockets of Node. Messages that are sent in one turn leave in one write. Events are framed
 * once for all subscribers of one format, and the same bytes go to each socket.
 */
import type { Socket } from 'node:net'
import process from 'node:process'
import type { Channel } from '../../src/connections/channel.ts'
import type { Encoded, Format } from '../../src/connections/format.ts'
import type { FrameSink } from '../../src/connections/frames.ts'
import { MessageError } from '../../src/connections/message-error.ts'
import type { TopicEvent } from '../../src/topics/event.ts'
import type { ChannelConnection } from '../process/listening.ts'

/** A channel with more unsent bytes is blocked and reads nothing: a few round trips of a fast connection. */
export const blockedBytes = 256 * 1024
/** A client with more unsent bytes is disconnected: more than two of the largest responses. */
export const unsentBytesMax = 16 * 1024 ** 2
/** Of a client that sends more after the end nothing is read any more: it is more than what is on its way on a fast connection. */
const lateBytesMax = 8 * 1024 ** 2
/** Then it has so long to read why it ended, which the end of the connection could destroy. */
const lateTimeoutMs = 500

/** The bytes of events, as one kind of channel sends them. */
export class EventForm {
  readonly #one: (event: TopicEvent) => Buffer
  /** The bytes of each batch, which many subscribers share. */
  readonly #batches = new WeakMap<readonly TopicEvent[], Buffer>()

  constructor(one: (event: TopicEvent) => Buffer) {
    this.#one = one
  }

  /** @param events one at least */
  bytes(events: readonly TopicEvent[]): Buffer {
    const [first] = events as [TopicEvent]
    if (events.length === 1) return first.as(this.#one)
    const cached = this.#batches.get(events)
    if (cached !== undefined) return cached
    const bytes = Buffer.concat(events.map((event) => event.as(this.#one)))
    this.#batches.set(events, bytes)
    return bytes
  }
}

type Received = Encoded | MessageError

export abstract class SocketChannel implements Channel, FrameSink {
  readonly format: Format
  isBlocked = false
  connection: ChannelConnection | null = null
  protected readonly socket: Socket
  #isRefused = false
  /** Messages that came in one read with those whose responses have blocked the channel. */
  #waiting: Received[] | null = null
  #hasEnded = false
  /** Bytes received since this side ended. */
  #lateBytes = 0

  constructor(format: Format, socket: Socket) {
    this.format = format
    this.socket = socket
  }

  abstract readonly isOpen: boolean
  protected abstract readonly form: EventForm
  protected abstract write(message: Encoded): void
  protected abstract pause(): void
  protected abstract resume(): void
  abstract ping(): void
  abstract close(code: number, reason: string): void

  send(message: Encoded): void {
    if (!this.isOpen) return
    cork(this.socket)
    this.write(message)
    this.#watch()
  }

  /** Sends bytes that are framed already. */
  protected transmit(bytes: Uint8Array): void {
    cork(this.socket)
    this.socket.write(bytes)
    this.#watch()
  }

  sendEvents(events: readonly TopicEvent[]): void {
    if (!this.isOpen || events.length === 0) return
    this.socket.write(this.form.bytes(events))
    this.#watch()
  }

  charge(frames: number, bytes: number): void {
    this.connection?.charge(frames, bytes)
  }

  receive(message: Encoded): void {
    if (this.isBlocked) this.#wait(typeof message === 'string' ? message : new Uint8Array(message))
    else this.connection?.receive(message)
  }

  malformed(error: MessageError): void {
    if (this.isBlocked) this.#wait(error)
    else this.connection?.malformed(error)
  }

  /** The peer has ended its side. */
  ended(): void {
    this.#hasEnded = true
    if (!this.isBlocked) this.connection?.halfClosed()
  }

  /** Counts bytes that came after this side ended, and returns how many there are by now. */
  late(bytes: number): number {
    if (this.#lateBytes <= lateBytesMax && this.#lateBytes + bytes > lateBytesMax) {
      this.socket.pause()
      setTimeout(() => this.socket.destroy(), lateTimeoutMs)
    }
    this.#lateBytes += bytes
    return this.#lateBytes
  }

  /** Discards waiting messages and reads on; for a channel that is closing. */
  protected discardWaiting(): void {
    this.#waiting = null
    if (this.isBlocked) this.resume()
    this.isBlocked = false
  }

  #watch(): void {
    const unsentBytes = this.socket.writableLength
    if (unsentBytes <= blockedBytes) return
    if (!this.isBlocked) {
      this.isBlocked = true
      // Otherwise the responses to requests that come meanwhile would pile up.
      this.pause()
      this.socket.once('drain', () => this.#drained())
    }
    if (unsentBytes <= unsentBytesMax || this.#isRefused) return
    this.#isRefused = true
    this.connection?.end(1013, 'The client does not read its responses.')
  }

  #drained(): void {
    if (!this.isBlocked) return
    this.isBlocked = false
    this.connection?.drained()
    const waiting = this.#waiting ?? []
    this.#waiting = null
    for (const each of waiting) this.#deliver(each)
    if (this.isBlocked) return
    this.resume()
    if (this.#hasEnded) this.connection?.halfClosed()
  }

  #deliver(received: Received): void {
    if (received instanceof MessageError) this.malformed(received)
    else this.receive(received)
  }

  #wait(received: Received): void {
    this.connection?.heard()
    this.#waiting ??= []
    this.#waiting.push(received)
  }
}

const corked: Socket[] = []

/** Holds back written bytes until this turn is over. */
function cork(socket: Socket): void {
  if (socket.writableCorked > 0) return
  socket.cork()
  if (corked.push(socket) === 1) process.nextTick(uncorkAll)
}

function uncorkAll(): void {
  for (const socket of corked.splice(0)) socket.uncork()
}
