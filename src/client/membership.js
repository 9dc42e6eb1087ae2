/** @typedef {import('./requests.js').Requests} Requests */
/** @typedef {{ id: string, name: string, state?: any }} Member */

/** Presence in a topic: the own member, and all members by id. Joins again on each connection. */
export class Membership {
  #requests
  #topic
  #onChange
  #onLeave
  #state = /** @type {object} */ ({})
  /** By id. */
  members = /** @type {Map<string, Member>} */ (new Map())
  /** The id of the own member. */
  self = ''

  /** @param {Requests} requests @param {string} topic @param {string} name @param {(membership: Membership) => void} onChange @param {() => void} onLeave */
  constructor(requests, topic, name, onChange, onLeave) {
    this.#requests = requests
    this.#topic = topic
    this.name = name
    this.#onChange = onChange
    this.#onLeave = onLeave
  }

  open() {
    const params = { topic: this.#topic, name: this.name, state: this.#state }
    this.#requests.send('join', params, ({ result }) => {
      if (!result) return
      this.self = result.member
      this.members = new Map(result.members.map((/** @type {Member} */ member) => [member.id, member]))
      this.#onChange(this)
    })
  }

  /** The server removed the own member; the next connection joins again. */
  end() {
    this.members = new Map()
    this.#onChange(this)
  }

  /** @param {{ type: string, member: Member, members: Member[] }} change */
  receive({ type, member, members }) {
    if (type === 'members') this.members = new Map(members.map((each) => [each.id, each]))
    else if (type === 'leave') this.members.delete(member.id)
    else this.members.set(member.id, member)
    this.#onChange(this)
  }

  /** Publishes a new state of the own member, such as `{ typing: true }`. @param {object} state */
  update(state) {
    this.#state = state
    if (this.#requests.isOpen) this.#requests.send('update', { topic: this.#topic, state })
  }

  leave() {
    this.#onLeave()
    if (this.#requests.isOpen) this.#requests.send('leave', { topic: this.#topic })
  }
}
