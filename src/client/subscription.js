/** @typedef {import('./requests.js').Requests} Requests */
/** @typedef {{ epoch: string, offset: number }} Position */
/** `data` is null for an event of a row that was changed or deleted since. @typedef {{ topic: string, offset: number, type: string, at: string, data: any }} TopicEvent */
/** The position from which events follow; earlier events are lost unless `recovered`. @typedef {{ position: Position, recovered: boolean, reason?: string }} Start */
/**
 * `start` is called before the first event, after each reconnect, and after each loss; `fail` when a subscription is refused, `end` when
 * the server ends it, because access was withdrawn.
 * @typedef {{ start?(start: Start): void, event(event: TopicEvent): void, fail?(code: number, message: string): void, end?(): void }} Follower
 */

const windowEvents = 1000

/** Follows a topic; keeps the position from one connection to the next. */
export class Subscription {
  #requests
  #topic
  #follower
  #onClose
  #position
  #unacknowledged = 0

  /** @param {Requests} requests @param {string} topic @param {Position | null} after @param {Follower} follower @param {() => void} onClose */
  constructor(requests, topic, after, follower, onClose) {
    this.#requests = requests
    this.#topic = topic
    this.#position = after
    this.#follower = follower
    this.#onClose = onClose
  }

  open() {
    const after = this.#position ?? undefined
    this.#unacknowledged = 0
    this.#requests.send('subscribe', { topic: this.#topic, after, window: windowEvents }, ({ result, error }) => {
      if (result) this.start(result)
      // Code 0: the next connection subscribes again.
      else if (error && error.code !== 0) this.#follower.fail?.(error.code, error.message)
    })
  }

  /** @param {Start} start */
  start(start) {
    this.#position = start.position
    this.#follower.start?.(start)
  }

  /** The server ended it. */
  end() {
    this.#onClose()
    this.#follower.end?.()
  }

  /** @param {TopicEvent} event */
  receive(event) {
    const { offset } = event
    if (!this.#position || offset <= this.#position.offset) return
    // Offsets are dense: a missing event is still in the log.
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
    this.#requests.notify('ack', { topic: this.#topic, offset })
  }

  close() {
    this.#onClose()
    if (this.#requests.isOpen) this.#requests.send('unsubscribe', { topic: this.#topic })
  }
}
