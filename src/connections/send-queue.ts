import { AppError } from '../errors.ts'
import type { TopicEvent } from '../topics/event.ts'
import type { CallId } from './call.ts'
import type { Channel } from './channel.ts'
import { type CloseCode, goaway } from './close-codes.ts'
import type { Encoded, Format } from './format.ts'
import { MessageError } from './message-error.ts'

/** The error object of a JSON-RPC response. */
export interface ErrorObject {
  code: number
  message: string
  data?: object | undefined
}

/** Sends the messages of one connection; nothing after its end. */
export class SendQueue {
  readonly #channel: Channel
  readonly #problem: (error: unknown) => void
  #isOver = false

  constructor(channel: Channel, problem: (error: unknown) => void) {
    this.#channel = channel
    this.#problem = problem
  }

  get format(): Format {
    return this.#channel.format
  }

  /** True if messages that can wait should not be sent now. */
  get isBlocked(): boolean {
    return this.#channel.isBlocked
  }

  get isOver(): boolean {
    return this.#isOver
  }

  send(message: Encoded): void {
    if (!this.#isOver) this.#channel.send(message)
  }

  sendEvents(events: readonly TopicEvent[]): void {
    if (!this.#isOver) this.#channel.sendEvents(events)
  }

  notify(method: string, params: object): void {
    this.send(this.format.encode({ jsonrpc: '2.0', method, params }))
  }

  respond(id: CallId, result: unknown): void {
    if (typeof id !== 'symbol') this.send(this.format.encode({ jsonrpc: '2.0', id, result }))
  }

  /** Responds with a result that is encoded already; null for none. */
  respondEncoded(id: CallId, result: Encoded | null): void {
    if (typeof id !== 'symbol') this.send(this.format.encodeEncoded(id, result))
  }

  /** Responds with an HTTP response of the app. */
  respondWith(id: CallId, status: number, headers: Readonly<Record<string, string>> | null, json: string | null): void {
    if (typeof id !== 'symbol') this.send(this.format.encodeResponse(id, status, headers, json))
  }

  /** @param id null when the id of the request is unknown */
  respondError(id: CallId | null, error: ErrorObject): void {
    if (typeof id !== 'symbol') this.send(this.format.encode({ jsonrpc: '2.0', id, error }))
  }

  /** Responds with a thrown error; a fault of the server is reported, and hidden from the client. */
  respondFailure(id: CallId | null, thrown: unknown): void {
    this.respondError(id, this.#errorOf(thrown))
  }

  ping(): void {
    if (!this.#isOver) this.#channel.ping()
  }

  end(code: CloseCode, reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#channel.send(this.format.encode(goaway(code, reason)))
    this.#channel.close(code, reason)
  }

  /** Stops sending after the channel has closed. */
  close(): void {
    this.#isOver = true
  }

  #errorOf(thrown: unknown): ErrorObject {
    if (thrown instanceof MessageError) return errorObject(thrown.code, thrown.message, thrown.data)
    if (!(thrown instanceof AppError)) {
      this.#problem(thrown)
      const { code, message } = new MessageError(-32603)
      return { code, message }
    }
    const { code, status, message, details, more } = thrown
    if (code === 'validation_failed') return errorObject(-32602, message, { code, details })
    return { code: status, message, data: details.length > 0 ? { code, ...more, details } : { code, ...more } }
  }
}

function errorObject(code: number, message: string, data?: object): ErrorObject {
  return data === undefined ? { code, message } : { code, message, data }
}
