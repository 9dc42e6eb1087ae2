/** @typedef {import('./live.js').Live} Live */
/** @typedef {import('./live-topic.js').Position} Position */
/** @typedef {import('./live-topic.js').Subscription} Subscription */
/** @typedef {'created' | 'updated' | 'deleted'} Change */

/**
 * Keeps a list true to a collection: loads it, follows the collection's topic from the position that came
 * with the list, and holds events back while the list is loaded anew.
 */
export class Feed {
  #live
  #topic
  #apply
  #gap
  #subscription = /** @type {Subscription | null} */ (null)
  #held = /** @type {{ offset: number, type: Change, data: any }[] | null} */ (null)
  /** Whether there is a list for events to change. */
  isLoaded = false

  /**
   * @param {Live} live @param {string} topic
   * @param {{ apply: (type: Change, row: any) => void, gap: () => void }} use apply must bear a change that it knows
   * already; after a gap the list must be loaded again
   */
  constructor(live, topic, { apply, gap }) {
    this.#live = live
    this.#topic = topic
    this.#apply = apply
    this.#gap = gap
  }

  /**
   * Runs what loads the list or its next page. A first page brings a position, and replaces the list: also
   * by none, when it fails.
   * @param {() => Promise<Position | null>} read @param {boolean} further
   */
  async load(read, further) {
    if (!further) this.isLoaded = false
    this.#held = []
    try {
      const position = await read()
      this.isLoaded = true
      this.#follow(position)
    } finally {
      this.#release()
    }
  }

  close() {
    this.#subscription?.close()
    this.#subscription = null
    this.isLoaded = false
  }

  /** @param {Position | null} position */
  #follow(position) {
    if (!position) return
    this.#held = (this.#held ?? []).filter(({ offset }) => offset > position.offset)
    this.#subscription ??= this.#live.subscribe(this.#topic, position, {
      start: ({ recovered }) => recovered || this.#gap(),
      event: (event) => this.#take(/** @type {any} */ (event)),
    })
  }

  #release() {
    const events = this.#held ?? []
    this.#held = null
    for (const event of events) this.#take(event)
  }

  /** @param {{ offset: number, type: Change, data: any }} event */
  #take(event) {
    if (this.#held) this.#held.push(event)
    else if (this.isLoaded) this.#apply(event.type, event.data)
  }
}
