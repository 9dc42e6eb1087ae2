/**
 * A client of the message protocol (docs/protocol.md) over any transport. It outlives its connections:
 *
 *   connecting -> connected           the server answered `hello`
 *   connecting, connected -> offline  the connection is lost; the next attempt follows after a backoff
 *   offline -> connecting             the backoff is over, or `wake`
 *   any -> closed                     `close`, or the server rules out a new attempt
 *
 * Each new connection resumes every subscription at its position and joins every topic again.
 */
import { Membership } from './membership.js'
import { RequestError, Requests } from './requests.js'
import { Subscription } from './subscription.js'

/** @typedef {{ state: 'connecting' | 'connected' | 'offline' | 'closed', retryInMs: number, reason: string, code: number }} Status */
/** @typedef {{ opened(): void, message(text: string): void, closed(code: number, reason: string): void }} Listener */
/** One connection. @typedef {{ send(text: string): void, close(): void }} Transport */
/** Begins to connect; calls the listener in a later turn. @typedef {(listener: Listener) => Transport} Dial */
/** @typedef {import('./subscription.js').Position} Position */
/** @typedef {import('./subscription.js').Follower} Follower */

const heartbeatDefaultMs = 20_000
/** From dialing to the response to `hello`. */
const openTimeoutMs = 10_000
const retryBaseMs = 500
const retryMaxMs = 15_000
/** A connection that lasted so long resets the backoff. */
const stableMs = 5000
/** The client closed or is at fault: another attempt would end the same way. */
const finalCodes = new Set([1000, 1002, 1003, 1008, 1009])
/** The server is overloaded or failing: the first retry waits longer. */
const overloadCodes = new Set([1011, 1013])
const ping = '{"jsonrpc":"2.0","method":"ping"}'
const pong = '{"jsonrpc":"2.0","method":"pong"}'

/** Dispatches `status` whenever its `status` changes. */
export class MessageClient extends EventTarget {
  #dial
  #name
  #transport = /** @type {Transport | null} */ (null)
  #requests = new Requests((text) => this.#transport?.send(text))
  #subscriptions = /** @type {Map<string, Subscription>} */ (new Map())
  #memberships = /** @type {Map<string, Membership>} */ (new Map())
  #goaway = /** @type {{ code: number, reason: string, reconnect?: boolean } | null} */ (null)
  #attempts = 0
  #heartbeatMs = heartbeatDefaultMs
  #receivedAtMs = 0
  #connectedAtMs = 0
  #timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined)
  /** The id of the signed-in user, or null for an anonymous connection. */
  user = /** @type {string | null} */ (null)
  /** @type {Status} */
  status = { state: 'connecting', retryInMs: 0, reason: '', code: 0 }

  /** @param {Dial} dial @param {string} name the client's name in the server's log */
  constructor(dial, name) {
    super()
    this.#dial = dial
    this.#name = name
    this.#connect()
  }

  get isConnected() {
    return this.#requests.isOpen
  }

  /**
   * Requests a route, such as `GET /api/todos`, or a method of the protocol.
   * @param {string} method @param {object} [params] @returns {Promise<any>} @throws RequestError
   */
  request(method, params) {
    return new Promise((resolve, reject) => {
      if (!this.isConnected) return reject(new RequestError(0, 'There is no connection.'))
      this.#requests.send(method, params, ({ result, error }) => {
        if (error) reject(new RequestError(error.code, error.message, error.data))
        else resolve(result)
      })
    })
  }

  /**
   * Follows a topic after a position, or from now on, until it is closed.
   * @param {string} topic @param {Position | null} after @param {Follower} follower
   */
  subscribe(topic, after, follower) {
    if (this.#subscriptions.has(topic)) throw new Error(`${topic} has a subscription already`)
    const onClose = () => void this.#subscriptions.delete(topic)
    const subscription = new Subscription(this.#requests, topic, after, follower, onClose)
    this.#subscriptions.set(topic, subscription)
    if (this.isConnected) subscription.open()
    return subscription
  }

  /**
   * Becomes a member of a topic; `onChange` is called whenever a member joins, changes or leaves.
   * @param {string} topic @param {string} name @param {(membership: Membership) => void} onChange
   */
  join(topic, name, onChange) {
    if (this.#memberships.has(topic)) throw new Error(`${topic} is joined already`)
    const onLeave = () => void this.#memberships.delete(topic)
    const membership = new Membership(this.#requests, topic, name, onChange, onLeave)
    this.#memberships.set(topic, membership)
    if (this.isConnected) membership.open()
    return membership
  }

  /** Checks the connection, or connects at once: for when the network may have changed. */
  wake() {
    if (this.status.state === 'offline') this.#connect()
    else if (this.isConnected) this.#probe(openTimeoutMs)
  }

  /** Reconnects with the browser's current session cookie. */
  reconnect() {
    const transport = this.#transport
    this.#transport = null
    this.#goaway = null
    transport?.close()
    this.#connect()
    this.#requests.failAll()
  }

  close() {
    this.#goaway = { code: 1000, reason: 'closed', reconnect: false }
    this.#lose(1000, 'closed')
  }

  #connect() {
    clearTimeout(this.#timer)
    this.#setStatus({ state: 'connecting', retryInMs: 0, reason: '', code: 0 })
    const transport = this.#dial({
      opened: () => this.#transport === transport && this.#greet(),
      message: (text) => this.#transport === transport && this.#receive(text),
      closed: (code, reason) => this.#transport === transport && this.#lose(code, reason),
    })
    this.#transport = transport
    this.#timer = setTimeout(() => this.#lose(1006, 'no response'), openTimeoutMs)
  }

  #greet() {
    const transport = this.#transport
    this.#requests.send('hello', { versions: [1], client: this.#name }, ({ result, error }) => {
      // The request failed because its connection was replaced or lost.
      if (this.#transport !== transport) return
      if (error) return this.#lose(1002, error.message)
      this.user = result.user ?? null
      this.#heartbeatMs = result.heartbeatMs ?? heartbeatDefaultMs
      this.#connectedAtMs = performance.now()
      this.#scheduleHeartbeat()
      for (const part of [...this.#subscriptions.values(), ...this.#memberships.values()]) part.open()
      this.#setStatus({ state: 'connected', retryInMs: 0, reason: '', code: 0 })
    })
  }

  /** @param {string} text */
  #receive(text) {
    this.#receivedAtMs = performance.now()
    const { id, method, params, ...response } = JSON.parse(text)
    if (method === undefined) this.#requests.receive(id, response)
    else if (method === 'event') this.#subscriptions.get(params.topic)?.receive(params)
    else if (method === 'gap') this.#subscriptions.get(params.topic)?.start({ ...params, recovered: false })
    else if (method === 'presence') this.#memberships.get(params.topic)?.receive(params)
    else if (method === 'unsubscribed') this.#subscriptions.get(params.topic)?.end()
    else if (method === 'left') this.#memberships.get(params.topic)?.end()
    else if (method === 'ping') this.#transport?.send(pong)
    else if (method === 'goaway') this.#goaway = params
  }

  /** Pings when nothing was received for a heartbeat. */
  #scheduleHeartbeat() {
    clearTimeout(this.#timer)
    const silentMs = performance.now() - this.#receivedAtMs
    if (silentMs >= this.#heartbeatMs) return this.#probe(this.#heartbeatMs)
    this.#timer = setTimeout(() => this.#scheduleHeartbeat(), this.#heartbeatMs - silentMs)
  }

  /** Pings; any message in time proves the connection. @param {number} timeoutMs */
  #probe(timeoutMs) {
    clearTimeout(this.#timer)
    const receivedAtMs = this.#receivedAtMs
    this.#transport?.send(ping)
    this.#timer = setTimeout(() => {
      if (this.#receivedAtMs === receivedAtMs) this.#lose(1006, 'nothing received')
      else this.#scheduleHeartbeat()
    }, timeoutMs)
  }

  /** @param {number} code @param {string} reason */
  #lose(code, reason) {
    const end = { code, reason, ...this.#goaway }
    const transport = this.#transport
    this.#transport = null
    this.#goaway = null
    clearTimeout(this.#timer)
    transport?.close()
    if (this.isConnected && performance.now() - this.#connectedAtMs > stableMs) this.#attempts = 0
    if (end.reconnect ?? !finalCodes.has(end.code)) this.#retry(end)
    else this.#setStatus({ state: 'closed', retryInMs: 0, reason: end.reason, code: end.code })
    this.#requests.failAll()
  }

  /** Backoff with full jitter. @param {{ code: number, reason: string }} end */
  #retry({ code, reason }) {
    if (overloadCodes.has(code)) this.#attempts = Math.max(this.#attempts, 2)
    const retryInMs = Math.random() * Math.min(retryMaxMs, retryBaseMs * 2 ** this.#attempts)
    this.#attempts += 1
    this.#timer = setTimeout(() => this.#connect(), retryInMs)
    this.#setStatus({ state: 'offline', retryInMs, reason, code })
  }

  /** @param {Status} status */
  #setStatus(status) {
    this.status = status
    this.#requests.isOpen = status.state === 'connected'
    this.dispatchEvent(new Event('status'))
  }
}
