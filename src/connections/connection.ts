import { AppError } from '../errors.ts'
import type { RequestMaker } from '../ports/request-maker.ts'
import type { Peer } from '../request/context.ts'
import { type Identity, isExpired } from '../request/identity.ts'
import type { Presence } from '../topics/presence.ts'
import type { Topics } from '../topics/topics.ts'
import { type Call, CallError, type CallId, readCall } from './call.ts'
import type { Caller } from './caller.ts'
import type { Channel } from './channel.ts'
import type { CloseCode } from './close-codes.ts'
import type { ConnectionState } from './connection-state.ts'
import type { Encoded } from './format.ts'
import type { FrameSink } from './frames.ts'
import type { Heartbeat, Heartbeats } from './heartbeats.ts'
import { InFlight } from './in-flight.ts'
import { pingText, pongText } from './json-format.ts'
import { brokenMax, excessMax, heldMax, messageUnits, unitBytes } from './limits.ts'
import { Memberships } from './memberships.ts'
import { MessageError } from './message-error.ts'
import { type Dependencies, run } from './methods.ts'
import type { Quota } from './quota.ts'
import { type ConnectionFetch, Requests } from './requests.ts'
import { SendQueue } from './send-queue.ts'
import { Subscriptions } from './subscriptions.ts'

/** What costs as much as a request, and is refused where that would be. Requests are counted where they are let in. */
const working = new Set(['hello', 'echo', 'subscribe', 'join', 'update'])

/** What all sessions of a server share. */
export interface ConnectionHost {
  fetch: ConnectionFetch
  topics: Topics
  presence: Presence
  makeRequest: RequestMaker
  textOf(response: Response): string | null
  problem(error: unknown): void
  now(): number
  isRevoked(identity: Identity): boolean
  admit(who: Identity | null, peer: Peer | null, units: number): boolean
  keyOf(who: Identity | null, peer: Peer | null): string | null
  subscriptionQuota: Quota
  membershipQuota: Quota
  /** @throws AppError `unauthorized` */
  identify(token: string): Identity | Promise<Identity>
  /** Null where the runtime sees to it. */
  heartbeats: Heartbeats | null
  /** What clients are told. */
  heartbeatMs: number
  /** A session is over. */
  ended(session: Connection): void
}

/** What one session is of its own. */
export interface ConnectionOptions {
  id: string
  channel: Channel
  peer: Peer | null
  authority: string
  identity: Identity | null | Promise<Identity | null>
  onChange(): void
}

/**
 * One connection that carries messages: a state machine without I/O, which is fed whole messages. None of its
 * methods throws; what the client does wrong is told to the client.
 */
export class Connection implements FrameSink {
  readonly id: string
  readonly #host: ConnectionHost
  readonly #outbox: SendQueue
  readonly #parts: Dependencies
  readonly #pulse: Heartbeat | null
  readonly #visitor: Caller
  /** What came while it is being found out who signs in. */
  #held: Encoded[] | null = null
  /** Whether no message has come yet. */
  #isFresh = true
  #broken = 0
  /** Whether the peer sends nothing more. */
  #isHalfClosed = false
  #isClosed = false
  /** Messages in a row that were too many. */
  #excess = 0
  readonly #peer: Peer | null
  readonly #changed: () => void

  constructor(host: ConnectionHost, facts: ConnectionOptions) {
    this.id = facts.id
    this.#host = host
    this.#peer = facts.peer
    this.#outbox = new SendQueue(facts.channel, host.problem)
    const { identity, onChange } = facts
    this.#changed = () => this.#isClosed || onChange()
    this.#visitor = { identity: identity instanceof Promise ? null : identity }
    this.#parts = this.#makeParts(facts)
    if (identity instanceof Promise) this.#await(identity).catch(() => this.signOut())
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
    if (!this.#admits(message)) this.refuse(1008, 'Too many messages.')
    else if (this.#held !== null) this.#hold(message, this.#held)
    else if (message === pingText) this.#outbox.send(pongText)
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
    if (isExpired(this.#visitor.identity, this.#host.now)) this.signOut()
  }

  /** Whether it was begun with this credential. */
  isOf(credentialId: string): boolean {
    return this.#visitor.identity?.credentialId === credentialId
  }

  /** Ends, because its sign-in is over. */
  signOut(): void {
    this.refuse(4401, 'Sign in again.')
  }

  /** The channel is not blocked any more. */
  drained(): void {
    this.#parts.subscriptions.proceed()
    this.#parts.memberships.proceed()
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
  refuse(code: CloseCode, reason: string): void {
    if (this.#isClosed) return
    this.#outbox.end(code, reason)
    this.closed()
  }

  /** What must be kept for `restore`. */
  state(): ConnectionState {
    const { subscriptions, memberships } = this.#parts
    return {
      id: this.id,
      isFresh: this.#isFresh,
      identity: this.#visitor.identity,
      subscriptions: subscriptions.state,
      memberships: memberships.state,
    }
  }

  /** Goes on with what a state says; resolves when the subscriptions stand. */
  async restore({ isFresh, identity, subscriptions, memberships }: ConnectionState): Promise<void> {
    this.#isFresh = isFresh
    this.#visitor.identity = identity
    for (const each of memberships) this.#parts.memberships.restore(each)
    try {
      await Promise.all(subscriptions.map((each) => this.#parts.subscriptions.restore(each)))
    } catch (error) {
      this.#fail(error)
    }
  }

  /** One that asks too much is served for a while, because a lost `ack` or `ping` would harm an honest client. */
  #admits(message: Encoded): boolean {
    const isWithin = this.#charge(messageUnits + message.length / unitBytes)
    this.#excess = isWithin ? 0 : this.#excess + 1
    return this.#excess <= excessMax
  }

  #charge(units: number): boolean {
    return this.#host.admit(this.#visitor.identity, this.#peer, units)
  }

  #hold(message: Encoded, held: Encoded[]): void {
    held.push(message)
    if (held.length > heldMax) this.refuse(1008, 'Too much was sent before the answer to hello.')
  }

  async #signIn(token: string, welcome: () => void, refuse: (error: unknown) => void): Promise<void> {
    try {
      await this.#await(this.#host.identify(token), welcome)
    } catch (error) {
      refuse(error)
      this.signOut()
    }
  }

  /** What comes meanwhile waits. */
  async #await(identity: Identity | null | Promise<Identity | null>, welcome = () => {}): Promise<void> {
    const held: Encoded[] = []
    this.#held = held
    this.#visitor.identity = await identity
    this.#held = null
    const { identity: known } = this.#visitor
    if (known !== null && this.#host.isRevoked(known)) throw new AppError('unauthorized')
    this.#changed()
    welcome()
    for (const message of held) this.receive(message)
    this.#endIfDone()
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
      if (working.has(call.method) && (this.#excess > 0 || !this.#charge(1))) throw new AppError('too_many_requests')
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
    if (this.#isHalfClosed && this.#held === null && this.#parts.inFlight.size === 0)
      this.refuse(1000, 'All is answered.')
  }

  /** It can't go on for a reason that is ours; the client comes back with its positions. */
  #fail(error: unknown): void {
    this.#host.problem(error)
    this.refuse(1011, 'Something went wrong on our side.')
  }

  #makeParts({ id, peer, authority }: ConnectionOptions): Dependencies {
    const visitor = this.#visitor
    const { fetch, makeRequest, textOf, topics, presence, heartbeatMs } = this.#host
    const outbox = this.#outbox
    const inFlight = new InFlight()
    const changed = this.#changed
    const onAnswer = () => this.#endIfDone()
    const target = { authority, origin: `${peer?.isSecure ? 'https' : 'http'}://${authority}` }
    const broken = (error: unknown) => this.#fail(error)
    const { keyOf, subscriptionQuota, membershipQuota } = this.#host
    const key = () => keyOf(visitor.identity, peer)
    const quota = { take: () => subscriptionQuota.take(key()), give: () => subscriptionQuota.give(key()) }
    return {
      id,
      heartbeatMs,
      epoch: () => topics.epoch,
      outbox,
      inFlight,
      onAnswer,
      visitor,
      signIn: (token, welcome, refuse) => void this.#signIn(token, welcome, refuse),
      requests: new Requests({ fetch, makeRequest, textOf, peer, visitor, target, outbox, inFlight, onAnswer }),
      subscriptions: new Subscriptions(topics, visitor, {
        outbox,
        changed,
        broken,
        signedOut: () => this.signOut(),
        quota,
      }),
      memberships: new Memberships({
        id,
        visitor,
        topics,
        presence,
        outbox,
        changed,
        now: this.#host.now,
        quota: membershipQuota,
        key,
      }),
    }
  }
}
