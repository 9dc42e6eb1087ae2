import { copyOf } from './codec.ts'
import { HttpError } from './http-error.ts'
import type { ArrivingBody } from './light-body.ts'
import type { Limits } from './limits.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** Called when the handler wants more of a body. */
export type OnWanted = () => void

/** The body of a request on its way from the parser to the handler. */
export class IncomingBody implements ArrivingBody {
  readonly #limits: Limits
  readonly #onWanted: OnWanted
  /** Bytes that are not read yet. The last array may be borrowed. */
  #queue: Bytes[] = []
  #queuedBytes = 0
  #isBorrowed = false
  /** Bytes that the handler has read. */
  deliveredBytes = 0
  #isEnded = false
  #error: Error | null = null
  #whole: PromiseWithResolvers<Bytes> | null = null
  #controller: ReadableStreamDefaultController<Bytes> | null = null
  #isPulling = false

  constructor(limits: Limits, onWanted: OnWanted) {
    this.#limits = limits
    this.#onWanted = onWanted
  }

  /** True if the queue is full, so that the socket must not be read. */
  get isFull(): boolean {
    return this.#whole === null && this.#queuedBytes >= this.#limits.bodyQueueBytesMax
  }

  /** Takes bytes, which are borrowed until `own`. */
  push(bytes: Uint8Array): void {
    if (this.#error !== null) return
    if (this.#whole !== null && this.#queuedBytes + bytes.byteLength > this.#limits.wholeBodyBytesMax) {
      throw new HttpError(413, `The body must be at most ${this.#limits.wholeBodyBytesMax} bytes.`)
    }
    this.own()
    this.#queue.push(bytes as Bytes)
    this.#queuedBytes += bytes.byteLength
    this.#isBorrowed = true
    if (this.#isPulling) this.#deliver()
  }

  /** Copies borrowed bytes; call it before their owner reuses the memory. */
  own(): void {
    const last = this.#queue.length - 1
    if (this.#isBorrowed && last >= 0) this.#queue[last] = copyOf(this.#queue[last] as Bytes)
    this.#isBorrowed = false
  }

  end(): void {
    this.#isEnded = true
    if (this.#whole !== null) this.#resolveWhole(this.#whole)
    if (this.#isPulling) this.#deliver()
  }

  /** Ends the body with an error. */
  fail(error: Error): void {
    if (this.#error !== null || (this.#isEnded && this.#queue.length === 0)) return
    this.#error = error
    this.#clear()
    this.#whole?.reject(error)
    this.#controller?.error(error)
  }

  takeWhole(): Bytes | null {
    const [first] = this.#queue
    if (!this.#isEnded || this.#error !== null || first === undefined || this.#queue.length > 1) return null
    if (first.byteLength > this.#limits.wholeBodyBytesMax) return null
    this.#clear()
    return first
  }

  readAll(): Promise<Bytes> {
    if (this.#error !== null) return Promise.reject(this.#error)
    if (this.#queuedBytes > this.#limits.wholeBodyBytesMax) {
      return Promise.reject(new HttpError(413, 'The body is too large.'))
    }
    const whole = Promise.withResolvers<Bytes>()
    if (this.#isEnded) this.#resolveWhole(whole)
    else {
      this.#whole = whole
      this.#onWanted()
    }
    return whole.promise
  }

  stream(): ReadableStream<Bytes> {
    return new ReadableStream<Bytes>(
      {
        start: (controller) => {
          this.#controller = controller
          if (this.#error !== null) controller.error(this.#error)
        },
        pull: () => {
          this.#isPulling = true
          this.#deliver()
          if (this.#isPulling || !this.isFull) this.#onWanted()
        },
        cancel: () => {
          this.#error = new Error('The body was cancelled.')
          this.#clear()
          this.#onWanted()
        },
      },
      { highWaterMark: 0 },
    )
  }

  #deliver(): void {
    this.own()
    const bytes = this.#queue.shift()
    if (bytes === undefined && !this.#isEnded) return
    this.#isPulling = false
    if (bytes === undefined) {
      this.#controller?.close()
      return
    }
    this.#queuedBytes -= bytes.byteLength
    this.deliveredBytes += bytes.byteLength
    this.#controller?.enqueue(bytes)
  }

  #resolveWhole({ resolve }: PromiseWithResolvers<Bytes>): void {
    const [first] = this.#queue
    if (this.#queue.length === 1 && first !== undefined) resolve(this.#isBorrowed ? copyOf(first) : first)
    else resolve(joined(this.#queue, this.#queuedBytes))
    this.#clear()
  }

  #clear(): void {
    this.#queue = []
    this.#queuedBytes = 0
    this.#isBorrowed = false
  }
}

function joined(parts: readonly Bytes[], length: number): Bytes {
  const whole = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.byteLength
  }
  return whole
}
