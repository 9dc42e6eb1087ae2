/** Lets what concerns one topic happen in the order in which it was asked for, though each may take a while. */
export class TopicQueue {
  readonly #running = new Map<string, Promise<unknown>>()

  /** How many topics something is going on with. */
  get size(): number {
    return this.#running.size
  }

  /** Begins at once when nothing else is going on with the topic. */
  async run(topic: string, work: () => Promise<void>): Promise<void> {
    while (this.#running.has(topic)) await this.#running.get(topic)
    const running = work()
    this.#running.set(
      topic,
      running.catch(() => {}),
    )
    try {
      await running
    } finally {
      this.#running.delete(topic)
    }
  }
}
