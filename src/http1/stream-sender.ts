import type { Transport } from './transport.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** A body in memory is sent in parts of this size. */
const sliceBytes = 64 * 1024

/** The part of a stream's reader that is used here. */
interface Source {
  read(): Promise<{ done: boolean; value?: Bytes | undefined }>
  cancel(reason: unknown): Promise<void>
}

export interface SenderOptions {
  transport: Transport
  body: ReadableStream<Bytes> | Bytes
  /** In chunks, until the connection closes, or a number of bytes. */
  framed: number | 'chunked' | 'close'
  /** Takes the head if it is not sent yet. */
  takeHead(): string
}

/** Sends a body as it arrives, no faster than the peer takes it. */
export class StreamSender {
  readonly #options: SenderOptions
  readonly #source: Source
  sentBytes = 0
  #drain: PromiseWithResolvers<void> | null = null
  #isCancelled = false

  constructor(options: SenderOptions) {
    this.#options = options
    this.#source = options.body instanceof Uint8Array ? slices(options.body) : options.body.getReader()
  }

  /**
   * Resolves with true when all is written, with false when it was cancelled.
   * @throws the error of the source; an Error when its length differs from Content-Length
   */
  async run(): Promise<boolean> {
    try {
      for (;;) {
        const { done, value } = await this.#source.read()
        if (this.#isCancelled) return false
        if (done) break
        if (!(value instanceof Uint8Array)) throw new TypeError('The chunks of a stream must be Uint8Arrays.')
        if (value.byteLength > 0 && !this.#send(value)) await this.#drained()
        if (this.#isCancelled) return false
      }
      this.#end()
      return true
    } catch (error) {
      if (this.#isCancelled) return false
      this.cancel(error)
      throw error
    }
  }

  drained(): void {
    this.#drain?.resolve()
    this.#drain = null
  }

  /** Cancels the source. */
  cancel(reason: unknown): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    this.#source.cancel(reason).catch(() => {})
    this.drained()
  }

  #send(bytes: Bytes): boolean {
    const { transport, framed, takeHead } = this.#options
    this.sentBytes += bytes.byteLength
    if (typeof framed === 'number' && this.sentBytes > framed)
      throw new Error('The body is longer than its Content-Length.')
    transport.cork()
    try {
      if (framed !== 'chunked') {
        const head = takeHead()
        if (head !== '') transport.write(head)
        return transport.write(bytes)
      }
      transport.write(`${takeHead()}${bytes.byteLength.toString(16)}\r\n`)
      transport.write(bytes)
      return transport.write('\r\n')
    } finally {
      transport.uncork()
    }
  }

  #end(): void {
    const { transport, framed, takeHead } = this.#options
    if (typeof framed === 'number' && this.sentBytes < framed)
      throw new Error('The body is shorter than its Content-Length.')
    const rest = framed === 'chunked' ? `${takeHead()}0\r\n\r\n` : takeHead()
    if (rest !== '') transport.write(rest)
  }

  #drained(): Promise<void> {
    this.#drain ??= Promise.withResolvers<void>()
    return this.#drain.promise
  }
}

function slices(bytes: Bytes): Source {
  let offset = 0
  return {
    read() {
      if (offset >= bytes.byteLength) return Promise.resolve({ done: true })
      const value = bytes.subarray(offset, offset + sliceBytes)
      offset += sliceBytes
      return Promise.resolve({ done: false, value })
    },
    cancel: () => Promise.resolve(),
  }
}
