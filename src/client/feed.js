/** @typedef {import('./message-client.js').MessageClient} MessageClient */
/** @typedef {import('./subscription.js').Position} Position */
/** @typedef {import('./subscription.js').Subscription} Subscription */
/** @typedef {'created' | 'updated' | 'deleted'} Change */
/** @typedef {{ offset: number, type: Change, data: any }} ChangeEvent */

/**
 * Keeps a list in step with a collection: loads it, follows the collection's topic from the position that
 * came with the list, and buffers events while the list is loaded again.
 */
export class Feed {
  #client
  #topic
  #apply
  #onGap
  #subscription = /** @type {Subscription | null} */ (null)
  #buffer = /** @type {ChangeEvent[] | null} */ (null)
  /** True if there is a list to apply events to. */
  isLoaded = false

  /**
   * `apply` must be idempotent, and takes an update of an unknown row as its creation; the row of a deletion has its id alone; after `onGap` the list must be loaded again: events are lost, or access was withdrawn.
   * @param {MessageClient} client @param {string} topic
   * @param {{ apply: (type: Change, row: any) => void, onGap: () => void }} callbacks
   */
  constructor(client, topic, { apply, onGap }) {
    this.#client = client
    this.#topic = topic
    this.#apply = apply
    this.#onGap = onGap
  }

  /**
   * Runs `read`, which loads the list or its next page. A first page returns a position; if it fails, there
   * is no list.
   * @param {() => Promise<Position | null>} read @param {boolean} isNextPage
   */
  async load(read, isNextPage) {
    if (!isNextPage) this.isLoaded = false
    this.#buffer = []
    try {
      const position = await read()
      this.isLoaded = true
      this.#follow(position)
    } finally {
      this.#flush()
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
    this.#buffer = (this.#buffer ?? []).filter(({ offset }) => offset > position.offset)
    this.#subscription ??= this.#client.subscribe(this.#topic, position, {
      start: ({ recovered }) => recovered || this.#onGap(),
      event: (event) => this.#receive(/** @type {any} */ (event)),
      end: () => {
        this.#subscription = null
        this.#onGap()
      },
    })
  }

  #flush() {
    const events = this.#buffer ?? []
    this.#buffer = null
    for (const event of events) this.#receive(event)
  }

  /** @param {ChangeEvent} event */
  #receive(event) {
    if (this.#buffer) this.#buffer.push(event)
    // The data was blanked: a later event has what the row is now.
    else if (this.isLoaded && event.data !== null) this.#apply(event.type, event.data)
  }
}
