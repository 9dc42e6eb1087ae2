import type { Transport } from './transport.ts'

const interim = 'HTTP/1.1 100 Continue\r\n\r\n'

/** Heads and small bodies on their way out: what is ready in one turn leaves in one write. */
export class SendBuffer {
  readonly #transport: Transport
  #text = ''
  /** Where in the text the last head begins. */
  #headAt = 0
  /** Whether the other end does not keep up with what is sent. */
  isBlocked = false

  constructor(transport: Transport) {
    this.#transport = transport
  }

  get length(): number {
    return this.#text.length
  }

  /** Text of one byte a character. */
  add(head: string): void {
    this.#headAt = this.#text.length
    this.#text += head
  }

  addBody(text: string): void {
    this.#text += text
  }

  /** Says that a body is wanted: before the head of its answer if that still waits here, and never after it. */
  addContinue(isAnswered: boolean): void {
    if (!isAnswered) this.#text += interim
    else if (this.#text.length > this.#headAt) {
      this.#text = this.#text.slice(0, this.#headAt) + interim + this.#text.slice(this.#headAt)
    }
  }

  /** Gives what waits to whoever sends it together with what follows. */
  take(): string {
    const text = this.#text
    this.#text = ''
    this.#headAt = 0
    return text
  }

  flush(): void {
    if (this.#text !== '') this.#write(this.take())
  }

  /** Sends bytes after all that waits, in one go. */
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
