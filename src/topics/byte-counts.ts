/**
 * The most bytes that the data of each topic may have: those that were counted once, and those that were appended since. Deleted data is
 * not subtracted, so a topic that seems too long is counted anew. To count each time would read the whole topic.
 */

/** Beyond it all topics are counted anew, each when it is trimmed next. */
const topicsMax = 10_000
/** Of a character in UTF-8, as a string's length counts characters. */
const bytesOfCharacterMax = 3

export class ByteCounts {
  readonly #counts = new Map<string, number>()

  /** To be called once readers see the data. */
  add(topic: string, data: string): void {
    const count = this.#counts.get(topic)
    if (count !== undefined) this.#counts.set(topic, count + data.length * bytesOfCharacterMax)
  }

  /** Returns true if a topic may have more bytes. `count` reads their number. */
  async mayExceed(topic: string, bytesMax: number, count: () => Promise<number>): Promise<boolean> {
    const known = this.#counts.get(topic)
    if (known !== undefined && known <= bytesMax) return false
    if (this.#counts.size >= topicsMax) this.#counts.clear()
    // Data that is appended while the topic is counted may count twice, and never not at all.
    this.#counts.set(topic, 0)
    const counted = await count()
    const exact = counted + (this.#counts.get(topic) ?? 0)
    this.#counts.set(topic, exact)
    return counted > bytesMax
  }
}
