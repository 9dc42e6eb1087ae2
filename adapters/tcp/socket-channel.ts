/**
 * What channels on sockets of Node have in common. Messages that are sent in one turn leave in one write. Events are
 * framed once for all who get them in the same way, and those bytes go to each socket as they are.
 */
import type { Socket } from 'node:net'
import process from 'node:process'
import type { Channel } from '../../src/connections/channel.ts'
import type { Encoded, Format } from '../../src/connections/format.ts'
import type { FrameSink } from '../../src/connections/frames.ts'
import { MessageError } from '../../src/connections/message-error.ts'
import type { TopicEvent } from '../../src/topics/event.ts'
import type { ChannelConnection } from '../process/listening.ts'

/** With more unsent than this a channel is blocked, and takes nothing in: a few round trips of a fast connection. */
export const blockedBytes = 256 * 1024
/** With more unsent than this the other end is not going to take it: two of the largest answers, and more. */
export const unsentBytesMax = 16 * 1024 ** 2

/** Events as the bytes that one kind of channel sends. */
export class EventForm {
  readonly #one: (event: TopicEvent) => Buffer
  /** By the batch as many subscribers get it. */
  readonly #batches = new WeakMap<readonly TopicEvent[], Buffer>()

  constructor(one: (event: TopicEvent) => Buffer) {
    this.#one = one
  }

  /** @param events one at least */
  bytes(events: readonly TopicEvent[]): Buffer {
    const [first] = events as [TopicEvent]
    if (events.length === 1) return first.as(this.#one)
    const known = this.#batches.get(events)
    if (known !== undefined) return known
    const made = Buffer.concat(events.map((event) => event.as(this.#one)))
    this.#batches.set(events, made)
    return made
  }
}

type Came = Encoded | MessageError

export abstract class SocketChannel implements Channel, FrameSink {
  readonly format: Format
  isBlocked = false
  session: ChannelConnection | null = null
  protected readonly socket: Socket
  #isOverfull = false
  /** What came in one piece with that whose answers have blocked the channel. */
  #waiting: Came[] | null = null
  #hasEnded = false

  constructor(format: Format, socket: Socket) {
    this.format = format
    this.socket = socket
  }

  /** Whether messages may be sent. */
  abstract readonly isOpen: boolean
  protected abstract readonly form: EventForm
  protected abstract write(message: Encoded): void
  protected abstract pause(): void
  protected abstract resume(): void
  abstract ping(): void
  abstract close(code: number, reason: string): void

  send(message: Encoded): void {
    if (!this.isOpen) return
    gather(this.socket)
    this.write(message)
    this.#watch()
  }

  sendEvents(events: readonly TopicEvent[]): void {
    if (!this.isOpen || events.length === 0) return
    this.socket.write(this.form.bytes(events))
    this.#watch()
  }

  /** A message has come. */
  receive(message: Encoded): void {
    if (this.isBlocked) this.#wait(typeof message === 'string' ? message : new Uint8Array(message))
    else this.session?.receive(message)
  }

  malformed(error: MessageError): void {
    if (this.isBlocked) this.#wait(error)
    else this.session?.malformed(error)
  }

  /** The other end sends nothing more. */
  ended(): void {
    this.#hasEnded = true
    if (!this.isBlocked) this.session?.halfClosed()
  }

  /** Takes in what still comes, whatever has not been taken; for when nothing is answered any more. */
  protected letGo(): void {
    this.#waiting = null
    if (this.isBlocked) this.resume()
    this.isBlocked = false
  }

  #watch(): void {
    const unsentBytes = this.socket.writableLength
    if (unsentBytes <= blockedBytes) return
    if (!this.isBlocked) {
      this.isBlocked = true
      // Else the answers to what is asked meanwhile would pile up.
      this.pause()
      this.socket.once('drain', () => this.#drained())
    }
    if (unsentBytes <= unsentBytesMax || this.#isOverfull) return
    this.#isOverfull = true
    this.session?.end(1013, 'Nobody takes the answers.')
  }

  #drained(): void {
    if (!this.isBlocked) return
    this.isBlocked = false
    this.session?.drained()
    const waiting = this.#waiting ?? []
    this.#waiting = null
    for (const each of waiting) this.#take(each)
    if (this.isBlocked) return
    this.resume()
    if (this.#hasEnded) this.session?.halfClosed()
  }

  #take(came: Came): void {
    if (came instanceof MessageError) this.malformed(came)
    else this.receive(came)
  }

  #wait(came: Came): void {
    this.session?.heard()
    this.#waiting ??= []
    this.#waiting.push(came)
  }
}

const gathering: Socket[] = []

/** Holds back what is written until this turn is over. */
function gather(socket: Socket): void {
  if (socket.writableCorked > 0) return
  socket.cork()
  if (gathering.push(socket) === 1) process.nextTick(letAllGo)
}

function letAllGo(): void {
  for (const socket of gathering.splice(0)) socket.uncork()
}
