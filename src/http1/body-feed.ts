import { IncomingBody, type OnWanted } from './incoming-body.ts'
import type { Limits } from './limits.ts'
import type { RequestHead } from './request-head.ts'
import type { RequestParser } from './request-parser.ts'

/** Passes the body of the request in flight from the parser to the handler. One instance serves all requests of a connection. */
export class BodyFeed {
  readonly #limits: Limits
  /** The body, as long as a handler may want it. */
  #body: IncomingBody | null = null
  /** True if more of the body is to come. */
  isOpen = false
  /** True if the client may be waiting for a 100 Continue (RFC 9110 §10.1.1). */
  owesContinue = false
  receivedBytes = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  get isFull(): boolean {
    return this.#body?.isFull ?? false
  }

  get deliveredBytes(): number {
    return this.#body?.deliveredBytes ?? 0
  }

  /** Takes the part of the body that arrived with the head first, so that most bodies are complete when a handler reads them. */
  begin({ framing, minorVersion }: RequestHead, parser: RequestParser, onWanted: OnWanted): IncomingBody {
    const body = new IncomingBody(this.#limits, onWanted)
    this.#body = body
    this.isOpen = true
    this.receivedBytes = 0
    for (let event = parser.next(); event !== null; event = parser.next()) {
      if (event.type === 'data') this.push(event.bytes)
      else {
        this.end()
        break
      }
    }
    this.owesContinue = this.isOpen && this.receivedBytes === 0 && framing.expectsContinue && minorVersion > 0
    return body
  }

  push(bytes: Uint8Array): void {
    this.receivedBytes += bytes.byteLength
    this.owesContinue = false
    this.#body?.push(bytes)
  }

  end(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#body?.end()
  }

  /** Copies borrowed bytes before their owner reuses the memory. */
  own(): void {
    this.#body?.own()
  }

  fail(reason: Error): void {
    this.#body?.fail(reason)
  }

  /** Drops the body; its remaining bytes are read and discarded. */
  release(): void {
    this.#body = null
  }
}
