import type { Peer } from '../context.ts'
import type { Presence } from '../topics/presence.ts'
import type { Topics } from '../topics/topics.ts'
import { type Call, CallError, type CallId, readCall } from './call.ts'
import type { Channel } from './channel.ts'
import type { EndCode } from './ends.ts'
import type { Encoded } from './format.ts'
import type { FrameSink } from './frames.ts'
import type { Heartbeats, Pulse } from './heartbeats.ts'
import { InFlight } from './in-flight.ts'
import { pingText, pongText } from './json-format.ts'
import { brokenMax } from './limits.ts'
import { Memberships } from './memberships.ts'
import { MessageError } from './message-error.ts'
import { type Parts, run } from './methods.ts'
import { Outbox } from './outbox.ts'
import type { RequestMaker } from './request-maker.ts'
import { Requests } from './requests.ts'
import type { SessionState } from './session-state.ts'
import { Subscriptions } from './subscriptions.ts'

/** What all sessions of a server share. */
export interface SessionHost {
  fetch(request: Request, peer: Peer | null): Response | Promise<Response>
  topics: Topics
  presence: Presence
  makeRequest: RequestMaker
  textOf(response: Response): string | null
  problem(error: unknown): void
  /** Null where the runtime sees to it. */
  heartbeats: Heartbeats | null
  /** What clients are told. */
  heartbeatMs: number
  /** A session is over. */
  ended(session: Session): void
}

/** What one session is of its own. */
export interface SessionFacts {
  id: string
  channel: Channel
  peer: Peer | null
  authority: string
  principal: string
  onChange(): void
}

/**
 * One connection that carries messages: a state machine without I/O, which is fed whole messages. None of its
 * methods throws; what the client does wrong is told to the client.
 */
export class Session implements FrameSink {
  readonly id: string
  readonly #host: SessionHost
  readonly #outbox: Outbox
  readonly #parts: Parts
  readonly #pulse: Pulse | null
  /** Whether no message has come yet. */
  #isFresh = true
  #broken = 0
  /** Whether the peer sends nothing more. */
  #isHalfClosed = false
  #isClosed = false

  constructor(host: SessionHost, facts: SessionFacts) {
    this.id = facts.id
    this.#host = host
    this.#outbox = new Outbox(facts.channel, host.problem)
    this.#parts = this.#makeParts(facts)
    this.#pulse =
      host.heartbeats?.add({
        ask: () => this.#outbox.ping(),
        giveUp: () => this.refuse(4408, 'Nothing was heard for two heartbeats.'),
      }) ?? null
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** A whole message has come. */
  receive(message: Encoded): void {
    if (this.#isClosed) return
    this.heard()
    if (message === pingText) this.#outbox.send(pongText)
    else if (message !== pongText) this.#read(message)
  }

  /** Something has come whose bytes are no message, in framing that still stands. */
  broken(error: MessageError): void {
    if (this.#isClosed) return
    this.heard()
    this.#refuseMessage(error)
  }

  /** Anything at all has come, such as the answer to a WebSocket ping. */
  heard(): void {
    this.#pulse?.heard()
  }

  /** The channel is not blocked any more. */
  drained(): void {
    this.#parts.subscriptions.proceed()
  }

  /** The peer sends nothing more (a TCP half-close): what it asked for is answered, then the session ends with 1000. */
  ended(): void {
    this.#isHalfClosed = true
    this.#endIfDone()
  }

  /** The connection is gone. */
  closed(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#outbox.close()
    const { inFlight, subscriptions, memberships } = this.#parts
    inFlight.cancelAll()
    subscriptions.close()
    memberships.close()
    if (this.#pulse !== null) this.#host.heartbeats?.remove(this.#pulse)
    this.#host.ended(this)
  }

  /** Says goodbye and closes the channel. */
  refuse(code: EndCode, reason: string): void {
    if (this.#isClosed) return
    this.#outbox.end(code, reason)
    this.closed()
  }

  /** What must be kept for `restore`. */
  state(): SessionState {
    const { subscriptions, memberships } = this.#parts
    return {
      id: this.id,
      isFresh: this.#isFresh,
      subscriptions: subscriptions.state,
      memberships: memberships.state,
    }
  }

  /** Goes on with what a state says; resolves when the subscriptions stand. */
  async restore({ isFresh, subscriptions, memberships }: SessionState): Promise<void> {
    this.#isFresh = isFresh
    for (const each of memberships) this.#parts.memberships.restore(each)
    try {
      await Promise.all(subscriptions.map((each) => this.#parts.subscriptions.restore(each)))
    } catch (error) {
      this.#fail(error)
    }
  }

  #read(message: Encoded): void {
    const { format } = this.#outbox
    if ((typeof message === 'string') !== (format.name === 'json')) {
      this.refuse(1003, 'A frame of the wrong kind.')
      return
    }
    try {
      this.#take(format.decode(message))
    } catch (error) {
      this.#refuseMessage(error)
    }
  }

  #take(message: unknown): void {
    const call = readCall(message)
    this.#checkPlace(call)
    this.#broken = 0
    try {
      run(this.#parts, call)
    } catch (error) {
      this.#outbox.fail(call.id, error)
      this.#endIfDone()
    }
  }

  /** @throws CallError */
  #checkPlace({ id, method }: Call): void {
    if (this.#parts.inFlight.has(id)) throw new CallError('A request with this id has no answer yet.')
    if (method === 'ping' || method === 'pong') return
    const isFirst = this.#isFresh
    this.#isFresh = false
    if (method !== 'hello' || isFirst) return
    throw new CallError('hello comes first or not at all.', id)
  }

  #refuseMessage(error: unknown): void {
    const id = error instanceof CallError && !this.#isInUse(error.id) ? error.id : null
    this.#outbox.fail(id, error)
    const isNone = this.#isFresh && error instanceof MessageError && error.code === -32700
    this.#isFresh = false
    this.#broken += 1
    if (isNone) this.refuse(1002, 'The first message is none.')
    else if (this.#broken >= brokenMax) this.refuse(1008, 'Too many broken messages.')
  }

  #isInUse(id: CallId | null): boolean {
    return id !== null && this.#parts.inFlight.has(id)
  }

  #endIfDone(): void {
    if (this.#isHalfClosed && this.#parts.inFlight.size === 0) this.refuse(1000, 'All is answered.')
  }

  /** It can't go on for a reason that is ours; the client comes back with its positions. */
  #fail(error: unknown): void {
    this.#host.problem(error)
    this.refuse(1011, 'Something went wrong on our side.')
  }

  #makeParts({ id, peer, authority, principal, onChange }: SessionFacts): Parts {
    const { fetch, makeRequest, textOf, topics, presence, heartbeatMs } = this.#host
    const outbox = this.#outbox
    const inFlight = new InFlight()
    const changed = () => this.#isClosed || onChange()
    const onAnswer = () => this.#endIfDone()
    const target = { authority, origin: `${peer?.isSecure ? 'https' : 'http'}://${authority}` }
    const broken = (error: unknown) => this.#fail(error)
    return {
      id,
      heartbeatMs,
      epoch: () => topics.epoch,
      outbox,
      inFlight,
      onAnswer,
      requests: new Requests({ fetch, makeRequest, textOf, peer, target, outbox, inFlight, onAnswer }),
      subscriptions: new Subscriptions(topics, principal, { outbox, changed, broken }),
      memberships: new Memberships({ id, principal, topics, presence, outbox, changed }),
    }
  }
}
