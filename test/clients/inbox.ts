/** Queues received items until they are read. */
export class Inbox<T> {
  readonly #items: T[] = []
  #wake = () => {}

  add(item: T): void {
    this.#items.push(item)
    this.#wake()
  }

  async next(): Promise<T> {
    while (this.#items.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#items.shift() as T
  }

  async take(count: number): Promise<T[]> {
    const taken: T[] = []
    while (taken.length < count) taken.push(await this.next())
    return taken
  }
}
