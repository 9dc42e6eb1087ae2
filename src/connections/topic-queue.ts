/** Runs the work of each topic one after the other, in the order of the calls. */
export class TopicQueue {
  readonly #running = new Map<string, Promise<unknown>>()

  /** The number of topics with running work. */
  get size(): number {
    return this.#running.size
  }

  /** Starts at once when no work of the topic is running. */
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
