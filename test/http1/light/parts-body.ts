import type { ArrivingBody } from '../../../src/http1/light-body.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** A body that comes in parts, and may break off after them. */
export class PartsBody implements ArrivingBody {
  readonly #parts: readonly Bytes[]
  readonly #failure: Error | null

  constructor(parts: readonly Bytes[], failure: Error | null) {
    this.#parts = parts
    this.#failure = failure
  }

  takeWhole(): Bytes | null {
    return null
  }

  async readAll(): Promise<Bytes> {
    // As bytes that come from a socket would, it lets others go first.
    await Promise.resolve()
    if (this.#failure !== null) throw this.#failure
    return Uint8Array.from(this.#parts.flatMap((part) => [...part]))
  }

  stream(): ReadableStream<Bytes> {
    const parts = this.#parts.values()
    return new ReadableStream({
      pull: (controller) => {
        const { value, done } = parts.next()
        if (done !== true) controller.enqueue(value.slice())
        else if (this.#failure === null) controller.close()
        else controller.error(this.#failure)
      },
    })
  }
}
