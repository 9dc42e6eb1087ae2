/**
 * A session that outlives its connections: it reconnects with backoff, resumes every subscription where it
 * was, and joins again where it had joined. It speaks docs/protocol.md, over whatever `dial` opens.
 */
import { Membership, Subscription } from './live-topic.js'

/** @typedef {{ state: 'connecting' | 'live' | 'offline' | 'ended', retryInMs: number, reason: string, code: number }} Status */
/** @typedef {{ opened(): void, message(text: string): void, closed(code: number, reason: string): void }} Listener */
/** One connection. @typedef {{ send(text: string): void, close(): void }} Line */
/** Begins to connect; tells the listener in a later turn. @typedef {(listener: Listener) => Line} Dial */
/** @typedef {{ result?: any, error?: { code: number, message: string, data?: any } }} Answer */
/** @typedef {{ status: number, headers: Record<string, string>, body: any }} Result */
/** @typedef {import('./live-topic.js').Position} Position */
/** @typedef {import('./live-topic.js').Follower} Follower */

const heartbeatDefaultMs = 20_000
/** How long a connection may take until the server has answered `hello`. */
const openTimeoutMs = 10_000
const retryBaseMs = 500
const retryMaxMs = 15_000
/** A connection that held for so long was a good one: the next wait is short again. */
const steadyMs = 5000
/** The client asked, or is at fault: coming back would end the same way. */
const finalCodes = new Set([1000, 1002, 1003, 1008, 1009])
/** The server is not well: come back, but not at once. */
const wearyCodes = new Set([1011, 1013])
const ping = '{"jsonrpc":"2.0","method":"ping"}'
const pong = '{"jsonrpc":"2.0","method":"pong"}'

/** An error that was answered: an HTTP status, or one of JSON-RPC's codes; 0 when no answer came. */
export class Failure extends Error {
  /** @param {number} code @param {string} message @param {any} [data] */
  constructor(code, message, data) {
    super(message)
    this.code = code
    this.data = data
  }
}

/** Tells `status` whenever its `status` changes. */
export class Live extends EventTarget {
  #dial
  #client
  #line = /** @type {Line | null} */ (null)
  #answers = /** @type {Map<number, (answer: Answer) => void>} */ (new Map())
  #subscriptions = /** @type {Map<string, Subscription>} */ (new Map())
  #memberships = /** @type {Map<string, Membership>} */ (new Map())
  #farewell = /** @type {{ code: number, reason: string, reconnect?: boolean } | null} */ (null)
  #newestId = 0
  #attempts = 0
  #heartbeatMs = heartbeatDefaultMs
  #heardAtMs = 0
  #liveSinceMs = 0
  #timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined)
  /** Who the session is: a user's id, or null for nobody who has signed in. */
  user = /** @type {string | null} */ (null)
  /** @type {Status} */
  status = { state: 'connecting', retryInMs: 0, reason: '', code: 0 }

  /** @param {Dial} dial @param {string} client what it is called in the server's log */
  constructor(dial, client) {
    super()
    this.#dial = dial
    this.#client = client
    this.#connect()
  }

  get isLive() {
    return this.status.state === 'live'
  }

  /**
   * Asks any route, such as `GET /api/todos`, or a method of the protocol.
   * @param {string} method @param {object} [params] @returns {Promise<any>} @throws Failure
   */
  request(method, params) {
    return new Promise((resolve, reject) => {
      if (!this.isLive) return reject(new Failure(0, 'There is no connection.'))
      this.ask(method, params, ({ result, error }) => {
        if (error) reject(new Failure(error.code, error.message, error.data))
        else resolve(result)
      })
    })
  }

  /**
   * Sends a request and hands over its answer in the same turn, before anything that came behind it.
   * @param {string} method @param {object | undefined} params @param {(answer: Answer) => void} use
   */
  ask(method, params, use) {
    const id = ++this.#newestId
    this.#answers.set(id, use)
    this.send({ id, method, params })
  }

  /** @param {{ id?: number, method: string, params?: object | undefined }} message */
  send(message) {
    this.#line?.send(JSON.stringify({ jsonrpc: '2.0', ...message }))
  }

  /**
   * Follows a topic after a position, or from now on, until it is closed.
   * @param {string} topic @param {Position | null} after @param {Follower} follower
   */
  subscribe(topic, after, follower) {
    const subscription = new Subscription(this, topic, after, follower, () => this.#subscriptions.delete(topic))
    if (this.#subscriptions.has(topic)) throw new Error(`${topic} has a subscription already`)
    this.#subscriptions.set(topic, subscription)
    if (this.isLive) subscription.open()
    return subscription
  }

  /**
   * Becomes a member of a topic, and is told of all members whenever one comes, changes or goes.
   * @param {string} topic @param {string} name @param {(membership: Membership) => void} changed
   */
  join(topic, name, changed) {
    const membership = new Membership(this, topic, name, changed, () => this.#memberships.delete(topic))
    if (this.#memberships.has(topic)) throw new Error(`${topic} is joined already`)
    this.#memberships.set(topic, membership)
    if (this.isLive) membership.open()
    return membership
  }

  /** Something happened that makes the wait pointless, such as a network that is back. */
  wake() {
    if (this.status.state === 'offline') this.#connect()
    else if (this.isLive) this.#probe(openTimeoutMs)
  }

  /** Connects anew, as whoever the browser is signed in as by now. */
  renew() {
    const line = this.#line
    this.#line = null
    this.#farewell = null
    line?.close()
    this.#connect()
    this.#failRequests()
  }

  close() {
    this.#farewell = { code: 1000, reason: 'closed', reconnect: false }
    this.#lost(1000, 'closed')
  }

  #connect() {
    clearTimeout(this.#timer)
    this.#tell({ state: 'connecting', retryInMs: 0, reason: '', code: 0 })
    const line = this.#dial({
      opened: () => this.#line === line && this.#greet(),
      message: (text) => this.#line === line && this.#hear(text),
      closed: (code, reason) => this.#line === line && this.#lost(code, reason),
    })
    this.#line = line
    this.#timer = setTimeout(() => this.#lost(1006, 'no answer'), openTimeoutMs)
  }

  #greet() {
    this.ask('hello', { versions: [1], client: this.#client }, ({ result, error }) => {
      if (error) return this.#lost(1002, error.message)
      this.user = result.user ?? null
      this.#heartbeatMs = result.heartbeatMs ?? heartbeatDefaultMs
      this.#liveSinceMs = performance.now()
      this.#watch()
      for (const part of [...this.#subscriptions.values(), ...this.#memberships.values()]) part.open()
      this.#tell({ state: 'live', retryInMs: 0, reason: '', code: 0 })
    })
  }

  /** @param {string} text */
  #hear(text) {
    this.#heardAtMs = performance.now()
    const { id, method, params, ...answer } = JSON.parse(text)
    if (method === undefined) return this.#settle(id, answer)
    if (method === 'event') this.#subscriptions.get(params.topic)?.take(params)
    else if (method === 'gap') this.#subscriptions.get(params.topic)?.start({ ...params, recovered: false })
    else if (method === 'presence') this.#memberships.get(params.topic)?.take(params)
    else if (method === 'ping') this.#line?.send(pong)
    else if (method === 'goaway') this.#farewell = params
  }

  /** @param {number} id @param {Answer} answer */
  #settle(id, answer) {
    const use = this.#answers.get(id)
    this.#answers.delete(id)
    use?.(answer)
  }

  /** Pings when nothing was heard for a heartbeat. */
  #watch() {
    clearTimeout(this.#timer)
    const silentMs = performance.now() - this.#heardAtMs
    if (silentMs >= this.#heartbeatMs) return this.#probe(this.#heartbeatMs)
    this.#timer = setTimeout(() => this.#watch(), this.#heartbeatMs - silentMs)
  }

  /** Anything heard in time will do. @param {number} patienceMs */
  #probe(patienceMs) {
    clearTimeout(this.#timer)
    const heardAtMs = this.#heardAtMs
    this.#line?.send(ping)
    this.#timer = setTimeout(() => {
      if (this.#heardAtMs === heardAtMs) this.#lost(1006, 'nothing heard')
      else this.#watch()
    }, patienceMs)
  }

  /** @param {number} code @param {string} reason */
  #lost(code, reason) {
    const end = { code, reason, ...this.#farewell }
    const line = this.#line
    this.#line = null
    this.#farewell = null
    clearTimeout(this.#timer)
    line?.close()
    if (this.isLive && performance.now() - this.#liveSinceMs > steadyMs) this.#attempts = 0
    const comesBack = end.reconnect ?? !finalCodes.has(end.code)
    if (comesBack) this.#retry(end)
    else this.#tell({ state: 'ended', retryInMs: 0, reason: end.reason, code: end.code })
    this.#failRequests()
  }

  /** Backoff with full jitter. @param {{ code: number, reason: string }} end */
  #retry({ code, reason }) {
    if (wearyCodes.has(code)) this.#attempts = Math.max(this.#attempts, 2)
    const retryInMs = Math.random() * Math.min(retryMaxMs, retryBaseMs * 2 ** this.#attempts)
    this.#attempts += 1
    this.#timer = setTimeout(() => this.#connect(), retryInMs)
    this.#tell({ state: 'offline', retryInMs, reason, code })
  }

  #failRequests() {
    const answers = [...this.#answers.values()]
    this.#answers.clear()
    for (const use of answers) use({ error: { code: 0, message: 'The connection is lost.' } })
  }

  /** @param {Status} status */
  #tell(status) {
    this.status = status
    this.dispatchEvent(new Event('status'))
  }
}
