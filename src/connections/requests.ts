/**
 * Requests to the app. One that is answered at once, with text at hand, costs no promise; what takes longer is in
 * flight until its answer is sent or nobody wants it any more.
 */

import type { MadeRequest, RequestMaker } from '../ports/request-maker.ts'
import type { Peer } from '../request/context.ts'
import type { Identity } from '../request/identity.ts'
import type { Call, CallId } from './call.ts'
import type { Caller } from './caller.ts'
import type { Flight, InFlight } from './in-flight.ts'
import { answerBytesMax } from './limits.ts'
import { type RequestTarget, readRequest } from './request-parts.ts'
import { bodyJson, checkLength, errorOf, isCarried, notCarried, tellingHeaders, tooLong } from './response.ts'
import type { SendQueue } from './send-queue.ts'

/** The app, which is told who asks. */
export type ConnectionFetch = (
  request: Request,
  peer: Peer | null,
  identity: Identity | null,
) => Response | Promise<Response>

export interface RequestsOptions {
  fetch: ConnectionFetch
  makeRequest: RequestMaker
  textOf(response: Response): string | null
  peer: Peer | null
  visitor: Caller
  target: RequestTarget
  outbox: SendQueue
  inFlight: InFlight
  /** One more has its answer. */
  onAnswer(): void
}

export class Requests {
  readonly #options: RequestsOptions

  constructor(options: RequestsOptions) {
    this.#options = options
  }

  /** @throws MessageError, AppError when it can't be asked */
  ask(call: Call): void {
    const { fetch, makeRequest, inFlight, target, peer, visitor } = this.#options
    inFlight.checkRoom()
    const made = makeRequest(readRequest(call, target))
    const response = fetch(made.request, peer, visitor.identity)
    if (response instanceof Promise) this.#wait(call.id, made, response)
    else this.#take(call.id, new Asked(made), response)
  }

  #wait(id: CallId, made: MadeRequest, response: Promise<Response>): void {
    const asked = new Asked(made)
    this.#options.inFlight.begin(id, asked)
    response.then(
      (later) => (asked.isCancelled ? discard(later) : this.#take(id, asked, later)),
      (error) => this.#fail(id, asked, error),
    )
  }

  #take(id: CallId, asked: Asked, response: Response): void {
    try {
      const body = this.#options.textOf(response) ?? (response.body === null ? '' : null)
      if (body === '' || isCarried(response)) this.#carry(id, asked, response, body)
      else if (response.status < 400) throw notCarried()
      else {
        discard(response)
        this.#answer(id, response, '')
      }
    } catch (error) {
      discard(response)
      this.#fail(id, asked, error)
    }
  }

  /** @param body null when it must be read first */
  #carry(id: CallId, asked: Asked, response: Response, body: string | null): void {
    if (body !== null) this.#answer(id, response, body)
    else this.#read(id, asked, response)
  }

  #read(id: CallId, asked: Asked, response: Response): void {
    checkLength(response)
    this.#options.inFlight.begin(id, asked)
    readText(response.body as ReadableStream<Uint8Array>, asked).then(
      (text) => asked.isCancelled || this.#answer(id, response, text),
      (error) => this.#fail(id, asked, error),
    )
  }

  #answer(id: CallId, response: Response, body: string): void {
    const { outbox, inFlight, onAnswer } = this.#options
    inFlight.end(id)
    if (response.status >= 400) outbox.refuse(id, errorOf(response, body))
    else outbox.answerWith(id, response.status, tellingHeaders(response), bodyJson(response, body))
    onAnswer()
  }

  #fail(id: CallId, asked: Asked, error: unknown): void {
    if (asked.isCancelled) return
    const { outbox, inFlight, onAnswer } = this.#options
    inFlight.end(id)
    outbox.fail(id, error)
    onAnswer()
  }
}

/** A request whose answer is on its way. */
class Asked implements Flight {
  readonly #made: MadeRequest
  isCancelled = false
  reader: ReadableStreamDefaultReader<Uint8Array> | null = null

  constructor(made: MadeRequest) {
    this.#made = made
  }

  cancel(): void {
    this.isCancelled = true
    const reason = new DOMException('Nobody waits for the answer.', 'AbortError')
    this.#made.abort(reason)
    this.reader?.cancel(reason).catch(() => {})
  }
}

function discard(response: Response): void {
  if (response.body !== null && !response.body.locked) response.body.cancel().catch(() => {})
}

/** @throws AppError `not_acceptable` when it is too long */
async function readText(body: ReadableStream<Uint8Array>, asked: Asked): Promise<string> {
  const reader = body.getReader()
  asked.reader = reader
  const utf8 = new TextDecoder()
  let size = 0
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + utf8.decode()
    size += value.byteLength
    text += utf8.decode(value, { stream: true })
    if (size <= answerBytesMax) continue
    reader.cancel().catch(() => {})
    throw tooLong()
  }
}
