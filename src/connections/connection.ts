import { AppError } from '../errors.ts'
import type { Peer } from '../request/context.ts'
import type { Identity } from '../request/identity.ts'
import { type Call, CallError, type CallId, readCall } from './call.ts'
import { Caller } from './caller.ts'
import type { Channel } from './channel.ts'
import type { CloseCode } from './close-codes.ts'
import type { ConnectionState } from './connection-state.ts'
import type { ConnectionContext } from './context.ts'
import type { Encoded } from './format.ts'
import type { FrameSink } from './frames.ts'
import type { ConnectionHost } from './host.ts'
import { InFlight } from './in-flight.ts'
import { Incoming } from './incoming.ts'
import { pingText, pongText } from './json-format.ts'
import { malformedMessagesMax, messageBytesMax, queuedMessagesMax } from './limits.ts'
import { Memberships } from './memberships.ts'
import { MessageError } from './message-error.ts'
import { type MethodContext, run } from './methods.ts'
import { Requests } from './requests.ts'
import { SendQueue } from './send-queue.ts'
import { Subscriptions } from './subscriptions.ts'

/** The methods that cost one rate limit unit. Requests are counted by the request pipeline. */
const chargedMethods = new Set(['hello', 'echo', 'subscribe', 'join', 'update'])

/** The options of one connection. */
export interface ConnectionOptions {
  id: string
  channel: Channel
  peer: Peer | null
  authority: string
  identity: Identity | null | Promise<Identity | null>
  onChange(): void
  onClosed(): void
}

/**
 * One live message connection: a state machine without I/O that receives complete messages. None of its methods
 * throws; errors of the client are sent to the client.
 */
export class Connection implements FrameSink {
  readonly id: string
  readonly #host: ConnectionHost
  readonly #sendQueue: SendQueue
  readonly #caller: Caller
  readonly #context: MethodContext
  readonly #incoming: Incoming
  readonly #chargeValues = (values: number) => this.#incoming.chargeValues(values)
  readonly #onClosed: () => void
  /** Messages received while a token is being verified. */
  #queued: Encoded[] | null = null
  #queuedBytes = 0
  /** True if no message has been received yet. */
  #isFresh = true
  #malformedCount = 0
  /** True if the peer has half-closed. */
  #isHalfClosed = false
  #isClosed = false

  constructor(host: ConnectionHost, options: ConnectionOptions) {
    const { id, channel, peer, identity, onClosed } = options
    this.id = id
    this.#host = host
    this.#onClosed = onClosed
    this.#sendQueue = new SendQueue(channel, host.problem)
    this.#caller = new Caller(host, peer)
    this.#context = this.#createContext(options)
    if (identity instanceof Promise) this.#await(identity).catch(() => this.signOut())
    else this.#caller.identity = identity
    this.#incoming = new Incoming(host, this.#caller, {
      ping: () => this.#sendQueue.ping(),
      end: (code, reason) => this.end(code, reason),
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Charges received frames and bytes; ends the connection when there are too many. */
  charge(frames: number, bytes: number): void {
    if (!this.#isClosed) this.#incoming.charge(frames, bytes)
  }

  /** Notes the bytes of an incomplete message, 0 for none. */
  hold(bytes: number): void {
    if (!this.#isClosed) this.#incoming.hold(bytes)
  }

  /** Handles a complete message, which is charged already. It may be a view of bytes that are reused later. */
  receive(message: Encoded): void {
    if (this.#isClosed) return
    this.#incoming.completed()
    if (this.#caller.isExpired) this.signOut()
    else if (this.#queued !== null) this.#enqueue(message, this.#queued)
    else if (message === pingText) this.#sendQueue.send(pongText)
    else if (message !== pongText) this.#read(message)
  }

  /** Handles bytes that are not a message within framing that is still valid. */
  malformed(error: MessageError): void {
    if (this.#isClosed) return
    this.#incoming.completed()
    this.#refuseMessage(error)
  }

  /** Notes a sign of life, such as a WebSocket pong. */
  heard(): void {
    this.#incoming.heard()
    if (this.#caller.isExpired) this.signOut()
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
    this.#incoming.close()
    this.#onClosed()
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

  #enqueue(message: Encoded, held: Encoded[]): void {
    held.push(typeof message === 'string' ? message : new Uint8Array(message))
    this.#queuedBytes += message.length
    if (held.length > queuedMessagesMax || this.#queuedBytes > messageBytesMax)
      this.end(1008, 'Too many messages were sent before the response to hello.')
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
    this.#queuedBytes = 0
    this.#caller.identity = await identity
    this.#queued = null
    if (this.#caller.isRevoked) throw new AppError('unauthorized')
    this.#context.changed()
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
      const decoded = format.decode(message, this.#chargeValues)
      if (!this.#isClosed) this.#take(readCall(decoded, message))
    } catch (error) {
      this.#refuseMessage(error)
    }
  }

  #take(call: Call): void {
    this.#checkPlace(call)
    this.#malformedCount = 0
    try {
      if (chargedMethods.has(call.method) && !this.#caller.mayCall()) throw new AppError('too_many_requests')
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

  #createContext({ id, peer, authority, onChange }: ConnectionOptions): MethodContext {
    const context: ConnectionContext = {
      id,
      host: this.#host,
      caller: this.#caller,
      target: { authority, origin: `${peer?.isSecure ? 'https' : 'http'}://${authority}` },
      sendQueue: this.#sendQueue,
      inFlight: new InFlight(),
      chargeValues: this.#chargeValues,
      changed: () => this.#isClosed || onChange(),
      onResponse: () => this.#endIfDone(),
      broken: (error) => this.#fail(error),
      signOut: () => this.signOut(),
    }
    return {
      ...context,
      signIn: (token, welcome, refuse) => void this.#signIn(token, welcome, refuse),
      requests: new Requests(context),
      subscriptions: new Subscriptions(context),
      memberships: new Memberships(context),
    }
  }
}
