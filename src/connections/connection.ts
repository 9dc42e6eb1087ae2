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
import { malformedMessagesMax, messageUnits, overLimitMessagesMax, queuedMessagesMax, unitBytes } from './limits.ts'
import { Memberships } from './memberships.ts'
import { MessageError } from './message-error.ts'
import { type MethodContext, run } from './methods.ts'
import type { Quota } from './quota.ts'
import { type ConnectionFetch, Requests } from './requests.ts'
import { SendQueue } from './send-queue.ts'
import { Subscriptions } from './subscriptions.ts'

/** The methods that cost one rate limit unit. Requests are counted by the request pipeline. */
const chargedMethods = new Set(['hello', 'echo', 'subscribe', 'join', 'update'])

/** The dependencies that all connections of a server share. */
export interface ConnectionHost {
  fetch: ConnectionFetch
  topics: Topics
  presence: Presence
  makeRequest: RequestMaker
  textOf(response: Response): string | null
  problem(error: unknown): void
  now(): number
  isRevoked(identity: Identity): boolean
  takeUnits(who: Identity | null, peer: Peer | null, units: number): boolean
  keyOf(who: Identity | null, peer: Peer | null): string | null
  subscriptionQuota: Quota
  membershipQuota: Quota
  /** @throws AppError `unauthorized` */
  identify(token: string): Identity | Promise<Identity>
  /** Null where the runtime sends heartbeats. */
  heartbeats: Heartbeats | null
  /** The interval sent to clients. */
  heartbeatMs: number
  /** A connection has closed. */
  onClosed(connection: Connection): void
}

/** The options of one connection. */
export interface ConnectionOptions {
  id: string
  channel: Channel
  peer: Peer | null
  authority: string
  identity: Identity | null | Promise<Identity | null>
  onChange(): void
}

/**
 * One live message connection: a state machine without I/O that receives complete messages. None of its methods
 * throws; errors of the client are sent to the client.
 */
export class Connection implements FrameSink {
  readonly id: string
  readonly #host: ConnectionHost
  readonly #sendQueue: SendQueue
  readonly #context: MethodContext
  readonly #heartbeat: Heartbeat | null
  readonly #caller: Caller
  /** Messages received while a token is being verified. */
  #queued: Encoded[] | null = null
  /** True when no message has been received yet. */
  #isFresh = true
  #malformedCount = 0
  /** True when the peer has half-closed. */
  #isHalfClosed = false
  #isClosed = false
  /** Messages in a row that were over the rate limit. */
  #overLimitCount = 0
  readonly #peer: Peer | null
  readonly #changed: () => void

  constructor(host: ConnectionHost, facts: ConnectionOptions) {
    this.id = facts.id
    this.#host = host
    this.#peer = facts.peer
    this.#sendQueue = new SendQueue(facts.channel, host.problem)
    const { identity, onChange } = facts
    this.#changed = () => this.#isClosed || onChange()
    this.#caller = { identity: identity instanceof Promise ? null : identity }
    this.#context = this.#createContext(facts)
    if (identity instanceof Promise) this.#await(identity).catch(() => this.signOut())
    this.#heartbeat =
      host.heartbeats?.add({
        ask: () => this.#sendQueue.ping(),
        giveUp: () => this.end(4408, 'The peer was silent for two heartbeats.'),
      }) ?? null
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Handles a complete message. */
  receive(message: Encoded): void {
    if (this.#isClosed) return
    this.heard()
    if (!this.#isWithinLimits(message)) this.end(1008, 'Too many messages.')
    else if (this.#queued !== null) this.#enqueue(message, this.#queued)
    else if (message === pingText) this.#sendQueue.send(pongText)
    else if (message !== pongText) this.#read(message)
  }

  /** Handles bytes that are not a message within framing that is still valid. */
  malformed(error: MessageError): void {
    if (this.#isClosed) return
    this.heard()
    this.#refuseMessage(error)
  }

  /** Notes a sign of life, such as a WebSocket pong. */
  heard(): void {
    this.#heartbeat?.heard()
    if (isExpired(this.#caller.identity, this.#host.now)) this.signOut()
  }

  /** Returns whether it was opened with this credential. */
  usesCredential(credentialId: string): boolean {
    return this.#caller.identity?.credentialId === credentialId
  }

  /** Ends the connection because the session or key of the caller has ended. */
  signOut(): void {
    this.end(4401, 'Sign in again.')
  }

  /** Continues after the channel has drained. */
  drained(): void {
    this.#context.subscriptions.proceed()
    this.#context.memberships.proceed()
  }

  /** Handles a TCP half-close: pending requests get their responses, then the connection ends with 1000. */
  halfClosed(): void {
    this.#isHalfClosed = true
    this.#endIfDone()
  }

  /** Cleans up after the transport has closed. */
  closed(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#sendQueue.close()
    const { inFlight, subscriptions, memberships } = this.#context
    inFlight.cancelAll()
    subscriptions.close()
    memberships.close()
    if (this.#heartbeat !== null) this.#host.heartbeats?.remove(this.#heartbeat)
    this.#host.onClosed(this)
  }

  /** Sends `goaway` and closes the channel. */
  end(code: CloseCode, reason: string): void {
    if (this.#isClosed) return
    this.#sendQueue.end(code, reason)
    this.closed()
  }

  /** Returns the state that `restore` needs. */
  state(): ConnectionState {
    const { subscriptions, memberships } = this.#context
    return {
      id: this.id,
      isFresh: this.#isFresh,
      identity: this.#caller.identity,
      subscriptions: subscriptions.state,
      memberships: memberships.state,
    }
  }

  /** Resumes from a state; resolves when the subscriptions are active. */
  async restore({ isFresh, identity, subscriptions, memberships }: ConnectionState): Promise<void> {
    this.#isFresh = isFresh
    this.#caller.identity = identity
    for (const each of memberships) this.#context.memberships.restore(each)
    try {
      await Promise.all(subscriptions.map((each) => this.#context.subscriptions.restore(each)))
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Tolerates some messages over the limit, because a lost `ack` or `ping` would harm a well-behaved client. */
  #isWithinLimits(message: Encoded): boolean {
    const isWithin = this.#charge(messageUnits + message.length / unitBytes)
    this.#overLimitCount = isWithin ? 0 : this.#overLimitCount + 1
    return this.#overLimitCount <= overLimitMessagesMax
  }

  #charge(units: number): boolean {
    return this.#host.takeUnits(this.#caller.identity, this.#peer, units)
  }

  #enqueue(message: Encoded, held: Encoded[]): void {
    held.push(message)
    if (held.length > queuedMessagesMax) this.end(1008, 'Too many messages were sent before the response to hello.')
  }

  async #signIn(token: string, welcome: () => void, refuse: (error: unknown) => void): Promise<void> {
    try {
      await this.#await(this.#host.identify(token), welcome)
    } catch (error) {
      refuse(error)
      this.signOut()
    }
  }

  /** Queues the messages received until the identity is known. */
  async #await(identity: Identity | null | Promise<Identity | null>, welcome = () => {}): Promise<void> {
    const held: Encoded[] = []
    this.#queued = held
    this.#caller.identity = await identity
    this.#queued = null
    const { identity: known } = this.#caller
    if (known !== null && this.#host.isRevoked(known)) throw new AppError('unauthorized')
    this.#changed()
    welcome()
    for (const message of held) this.receive(message)
    this.#endIfDone()
  }

  #read(message: Encoded): void {
    const { format } = this.#sendQueue
    if ((typeof message === 'string') !== (format.name === 'json')) {
      this.end(1003, 'The frame type does not match the subprotocol.')
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
    this.#malformedCount = 0
    try {
      if (chargedMethods.has(call.method) && (this.#overLimitCount > 0 || !this.#charge(1)))
        throw new AppError('too_many_requests')
      run(this.#context, call)
    } catch (error) {
      this.#sendQueue.respondFailure(call.id, error)
      this.#endIfDone()
    }
  }

  /** @throws CallError */
  #checkPlace({ id, method }: Call): void {
    if (this.#context.inFlight.has(id)) throw new CallError('A request with this id is in flight.')
    if (method === 'ping' || method === 'pong') return
    const isFirst = this.#isFresh
    this.#isFresh = false
    if (method !== 'hello' || isFirst) return
    throw new CallError('hello must be the first message.', id)
  }

  #refuseMessage(error: unknown): void {
    const id = error instanceof CallError && !this.#isInUse(error.id) ? error.id : null
    this.#sendQueue.respondFailure(id, error)
    const isNone = this.#isFresh && error instanceof MessageError && error.code === -32700
    this.#isFresh = false
    this.#malformedCount += 1
    if (isNone) this.end(1002, 'The first message is not valid.')
    else if (this.#malformedCount >= malformedMessagesMax) this.end(1008, 'Too many invalid messages.')
  }

  #isInUse(id: CallId | null): boolean {
    return id !== null && this.#context.inFlight.has(id)
  }

  #endIfDone(): void {
    if (this.#isHalfClosed && this.#queued === null && this.#context.inFlight.size === 0)
      this.end(1000, 'Every request has its response.')
  }

  /** Ends the connection after a fault of the server; the client reconnects with its positions. */
  #fail(error: unknown): void {
    this.#host.problem(error)
    this.end(1011, 'Something went wrong on our side.')
  }

  #createContext({ id, peer, authority }: ConnectionOptions): MethodContext {
    const caller = this.#caller
    const { fetch, makeRequest, textOf, topics, presence, heartbeatMs } = this.#host
    const sendQueue = this.#sendQueue
    const inFlight = new InFlight()
    const changed = this.#changed
    const onResponse = () => this.#endIfDone()
    const target = { authority, origin: `${peer?.isSecure ? 'https' : 'http'}://${authority}` }
    const broken = (error: unknown) => this.#fail(error)
    const { keyOf, subscriptionQuota, membershipQuota } = this.#host
    const key = () => keyOf(caller.identity, peer)
    const quota = { take: () => subscriptionQuota.take(key()), give: () => subscriptionQuota.give(key()) }
    return {
      id,
      heartbeatMs,
      epoch: () => topics.epoch,
      sendQueue,
      inFlight,
      onResponse,
      caller,
      signIn: (token, welcome, refuse) => void this.#signIn(token, welcome, refuse),
      requests: new Requests({ fetch, makeRequest, textOf, peer, caller, target, sendQueue, inFlight, onResponse }),
      subscriptions: new Subscriptions(topics, caller, {
        sendQueue,
        changed,
        broken,
        signedOut: () => this.signOut(),
        quota,
      }),
      memberships: new Memberships({
        id,
        caller,
        topics,
        presence,
        sendQueue,
        changed,
        now: this.#host.now,
        quota: membershipQuota,
        key,
      }),
    }
  }
}
