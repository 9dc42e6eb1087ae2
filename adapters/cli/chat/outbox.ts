import { newId } from '../../../src/client/id.js'
import type { MessageClient } from '../../../src/client/message-client.js'
import { RequestError } from '../../../src/client/requests.js'

interface Line {
  id: string
  text: string
}

export interface OutboxOptions {
  client: MessageClient
  author: string
  /** Called when the server rejects a line. */
  rejected(text: string, reason: string): void
}

/** Keeps lines, in order, until the server has stored them. */
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

  /** Sends all lines to this room from now on. */
  open(room: string): void {
    this.#room = room
    void this.send()
  }

  /** Sends the lines while there is a connection. */
  async send(): Promise<void> {
    if (this.#isSending) return
    this.#isSending = true
    for (let [line] = this.#lines; line && this.#options.client.isConnected && this.#room; [line] = this.#lines) {
      if (await this.#store(this.#room, line)) this.#lines.shift()
    }
    this.#isSending = false
    if (this.#lines.length === 0) this.#emptied.resolve()
  }

  /** Resolves when no line is waiting. */
  async emptied(): Promise<void> {
    if (this.#lines.length === 0) return
    this.#emptied = Promise.withResolvers<void>()
    await this.#emptied.promise
  }

  /** Returns false if there was no response: the id makes it safe to send the line again. */
  async #store(room: string, { id, text }: Line): Promise<boolean> {
    const { client, author, rejected } = this.#options
    try {
      const params = { headers: { 'If-None-Match': '*' }, body: { room, author, text } }
      await client.request(`PUT /api/messages/${id}`, params)
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      if (error.code === 0) return false
      // It is stored already: the response to an earlier attempt got lost.
      if (error.code !== 412) rejected(text, error.message)
    }
    return true
  }
}
