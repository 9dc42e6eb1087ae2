import { newId } from '../../../src/web/public/id.js'
import { Failure, type Live } from '../../../src/web/public/live.js'

interface Line {
  id: string
  text: string
}

export interface OutboxOptions {
  live: Live
  author: string
  /** Told when the server would not have a line. */
  refused(text: string, reason: string): void
}

/** Lines on their way to the server: kept, in order, until they are stored. */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #lines: Line[] = []
  #room: string | null = null
  #isSending = false
  #emptied = Promise.withResolvers<void>()

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#lines.length
  }

  add(text: string): void {
    this.#lines.push({ id: newId(), text })
    void this.send()
  }

  /** Sends to this room from now on. */
  open(room: string): void {
    this.#room = room
    void this.send()
  }

  /** Sends what there is, for as long as there is a connection. */
  async send(): Promise<void> {
    if (this.#isSending) return
    this.#isSending = true
    for (let [line] = this.#lines; line && this.#options.live.isLive && this.#room; [line] = this.#lines) {
      if (await this.#store(this.#room, line)) this.#lines.shift()
    }
    this.#isSending = false
    if (this.#lines.length === 0) this.#emptied.resolve()
  }

  /** Resolves as soon as nothing waits any more. */
  async emptied(): Promise<void> {
    if (this.#lines.length === 0) return
    this.#emptied = Promise.withResolvers<void>()
    await this.#emptied.promise
  }

  /** Whether the server has said its last word on it: the id makes it safe to say it again. */
  async #store(room: string, { id, text }: Line): Promise<boolean> {
    const { live, author, refused } = this.#options
    try {
      const params = { headers: { 'If-None-Match': '*' }, body: { room, author, text } }
      await live.request(`PUT /api/messages/${id}`, params)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (error.code === 0) return false
      // It is stored already: the answer to an earlier attempt got lost.
      if (error.code !== 412) refused(text, error.message)
    }
    return true
  }
}
