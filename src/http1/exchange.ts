import { BodyFeed } from './body-feed.ts'
import type { ConnectionOptions } from './connection-options.ts'
import type { IncomingBody, OnWanted } from './incoming-body.ts'
import { LightRequest } from './light-request.ts'
import type { RequestHead } from './request-head.ts'
import type { RequestParser } from './request-parser.ts'
import type { SerializedResponse } from './serialized-response.ts'
import type { StreamSender } from './stream-sender.ts'

/** The request in flight on a connection, with the progress of its response. One instance serves all requests of a connection. */
export class Exchange {
  readonly #options: ConnectionOptions
  readonly body: BodyFeed
  head: RequestHead | null = null
  request: LightRequest | null = null
  /** Sends the body of the response, if that is not sent at once. */
  sender: StreamSender | null = null
  #requests = 0

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.body = new BodyFeed(options.limits)
  }

  /** True if no request is in flight and no body of an earlier one is still to come. */
  get isOver(): boolean {
    return this.head === null && !this.body.isOpen
  }

  /** Returns the body of the request; null when it has none. */
  begin(head: RequestHead, parser: RequestParser, onWanted: OnWanted): IncomingBody | null {
    this.#requests += 1
    this.head = head
    return head.framing.contentLength === 0 ? null : this.body.begin(head, parser, onWanted)
  }

  /** True if another request may follow (RFC 9112 §9.3). */
  isKept({ framing, minorVersion }: RequestHead, response: SerializedResponse, bodyBytesLeft: number): boolean {
    const { limits, isDraining } = this.#options
    if (framing.isClosing || response.isClosing || isDraining) return false
    if (this.#requests >= limits.requestsPerConnectionMax) return false
    if (minorVersion === 0 && !framing.isKeepingAlive) return false
    if (!this.body.isOpen) return true
    // A client that got no 100 Continue may omit the body, so the next bytes could be the body or a new request.
    return !this.body.owesContinue && bodyBytesLeft <= limits.unreadBodyBytesMax
  }

  /** Marks the response as written. */
  finish(): void {
    if (this.body.isOpen) this.body.fail(new Error('The request already has its response.'))
    this.#release()
  }

  abort(reason: Error): void {
    if (this.request !== null) LightRequest.abort(this.request, reason)
    this.body.fail(reason)
    this.sender?.cancel(reason)
    this.#release()
  }

  #release(): void {
    this.head = null
    this.request = null
    this.sender = null
    this.body.release()
  }
}
