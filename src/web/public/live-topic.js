/** What a session keeps of a topic from one connection to the next. */

/** @typedef {import('./live.js').Live} Live */
/** @typedef {{ epoch: string, offset: number }} Position */
/** @typedef {{ topic: string, offset: number, type: string, at: string, data: any }} TopicEvent */
/** Where events go on; what lay before it is lost unless it is recovered. */
/** @typedef {{ position: Position, recovered: boolean, reason?: string }} Start */
/**
 * `start` comes before the first event, again after each reconnect, and wherever something is lost.
 * @typedef {{ start?(start: Start): void, event(event: TopicEvent): void, fail?(code: number, message: string): void }} Follower
 */
/** @typedef {{ id: string, name: string, state?: any }} Member */

const windowEvents = 1000

export class Subscription {
  #live
  #topic
  #follower
  #forget
  #position
  #unacknowledged = 0

  /** @param {Live} live @param {string} topic @param {Position | null} after @param {Follower} follower @param {() => void} forget */
  constructor(live, topic, after, follower, forget) {
    this.#live = live
    this.#topic = topic
    this.#position = after
    this.#follower = follower
    this.#forget = forget
  }

  open() {
    const after = this.#position ?? undefined
    this.#unacknowledged = 0
    this.#live.ask('subscribe', { topic: this.#topic, after, window: windowEvents }, ({ result, error }) => {
      if (result) this.start(result)
      // Without a connection it is asked again as soon as there is one.
      else if (error && error.code !== 0) this.#follower.fail?.(error.code, error.message)
    })
  }

  /** @param {Start} start */
  start(start) {
    this.#position = start.position
    this.#follower.start?.(start)
  }

  /** @param {TopicEvent} event */
  take(event) {
    const { offset } = event
    if (!this.#position || offset <= this.#position.offset) return
    // The protocol has no holes; should there be one, the log still has what is missing.
    if (offset !== this.#position.offset + 1) return this.open()
    this.#position = { ...this.#position, offset }
    this.#follower.event(event)
    this.#acknowledge(offset)
  }

  /** @param {number} offset */
  #acknowledge(offset) {
    this.#unacknowledged += 1
    if (this.#unacknowledged < windowEvents / 2) return
    this.#unacknowledged = 0
    this.#live.send({ method: 'ack', params: { topic: this.#topic, offset } })
  }

  close() {
    this.#forget()
    if (this.#live.isLive) this.#live.ask('unsubscribe', { topic: this.#topic }, () => {})
  }
}

export class Membership {
  #live
  #topic
  #changed
  #forget
  #state = /** @type {object} */ ({})
  /** By id. */
  members = /** @type {Map<string, Member>} */ (new Map())
  /** Which of them this session is. */
  self = ''

  /** @param {Live} live @param {string} topic @param {string} name @param {(membership: Membership) => void} changed @param {() => void} forget */
  constructor(live, topic, name, changed, forget) {
    this.#live = live
    this.#topic = topic
    this.name = name
    this.#changed = changed
    this.#forget = forget
  }

  open() {
    const params = { topic: this.#topic, name: this.name, state: this.#state }
    this.#live.ask('join', params, ({ result }) => {
      if (!result) return
      this.self = result.member
      this.members = new Map(result.members.map((/** @type {Member} */ member) => [member.id, member]))
      this.#changed(this)
    })
  }

  /** @param {{ type: string, member: Member, members: Member[] }} change */
  take({ type, member, members }) {
    if (type === 'members') this.members = new Map(members.map((each) => [each.id, each]))
    else if (type === 'leave') this.members.delete(member.id)
    else this.members.set(member.id, member)
    this.#changed(this)
  }

  /** Shows the others a new state of its own, such as `{ typing: true }`. @param {object} state */
  update(state) {
    this.#state = state
    if (this.#live.isLive) this.#live.ask('update', { topic: this.#topic, state }, () => {})
  }

  leave() {
    this.#forget()
    if (this.#live.isLive) this.#live.ask('leave', { topic: this.#topic }, () => {})
  }
}
