import type { Transport } from './transport.ts'

const interim = 'HTTP/1.1 100 Continue\r\n\r\n'

/** Buffers heads and small bodies, so that those of one turn leave in one write. */
export class SendBuffer {
  readonly #transport: Transport
  #text = ''
  /** The start of the last head in the text. */
  #headAt = 0
  /** True if the peer takes bytes more slowly than they are sent. */
  isBlocked = false

  constructor(transport: Transport) {
    this.#transport = transport
  }

  get length(): number {
    return this.#text.length
  }

  /** Adds a head, with one byte a character. */
  add(head: string): void {
    this.#headAt = this.#text.length
    this.#text += head
  }

  addBody(text: string): void {
    this.#text += text
  }

  /** Adds a 100 Continue: before the head of its response if that still waits here, and never after it. */
  addContinue(isResponding: boolean): void {
    if (!isResponding) this.#text += interim
    else if (this.#text.length > this.#headAt) {
      this.#text = this.#text.slice(0, this.#headAt) + interim + this.#text.slice(this.#headAt)
    }
  }

  /** Empties the buffer, for a caller that sends its text together with more. */
  take(): string {
    const text = this.#text
    this.#text = ''
    this.#headAt = 0
    return text
  }

  flush(): void {
    if (this.#text !== '') this.#write(this.take())
  }

  /** Sends bytes after the buffered text, in one write. */
  send(bytes: Uint8Array): void {
    this.#transport.cork()
    this.flush()
    if (bytes.byteLength > 0) this.#write(bytes)
    this.#transport.uncork()
  }

  #write(data: string | Uint8Array): void {
    if (!this.#transport.write(data)) this.isBlocked = true
  }
}
