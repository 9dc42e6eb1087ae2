/**
 * Requests of messages to the app. A response that is ready synchronously, with its text at hand, costs no promise;
 * any other request is in flight until its response is sent or it is cancelled.
 */

import { isDeeper } from '../http/json.ts'
import type { MadeRequest } from '../ports/request-maker.ts'
import type { Call, CallId } from './call.ts'
import type { ConnectionContext } from './context.ts'
import type { PendingCall } from './in-flight.ts'
import { responseBytesMax, responseDepthMax, responseValuesMax } from './limits.ts'
import { readRequest } from './request-parts.ts'
import {
  bodyJson,
  canCarry,
  cannotCarry,
  checkLength,
  countValues,
  errorOf,
  passedHeaders,
  tooDeep,
  tooLong,
} from './response.ts'

/** The requests of one connection. */
export class Requests {
  readonly #context: ConnectionContext

  constructor(context: ConnectionContext) {
    this.#context = context
  }

  /** @throws MessageError, AppError when the request is invalid */
  ask(call: Call): void {
    const { host, inFlight, target, caller } = this.#context
    inFlight.checkRoom()
    const made = host.makeRequest(readRequest(call, target))
    const response = host.fetch(made.request, caller.peer, caller.identity)
    if (response instanceof Promise) this.#wait(call.id, made, response)
    else this.#take(call.id, new PendingRequest(made), response)
  }

  #wait(id: CallId, made: MadeRequest, response: Promise<Response>): void {
    const asked = new PendingRequest(made)
    this.#context.inFlight.begin(id, asked)
    response.then(
      (later) => (asked.isCancelled ? discard(later) : this.#take(id, asked, later)),
      (error) => this.#fail(id, asked, error),
    )
  }

  #take(id: CallId, asked: PendingRequest, response: Response): void {
    try {
      const body = this.#context.host.textOf(response) ?? (response.body === null ? '' : null)
      if (body === '' || canCarry(response)) {
        if (body === null) this.#read(id, asked, response)
        else this.#respond(id, response, body)
      } else if (response.status < 400) throw cannotCarry()
      else {
        discard(response)
        this.#respond(id, response, '')
      }
    } catch (error) {
      discard(response)
      this.#fail(id, asked, error)
    }
  }

  #read(id: CallId, asked: PendingRequest, response: Response): void {
    checkLength(response)
    this.#context.inFlight.begin(id, asked)
    readText(response.body as ReadableStream<Uint8Array>, asked).then(
      (text) => asked.isCancelled || this.#respond(id, response, text),
      (error) => this.#fail(id, asked, error),
    )
  }

  #respond(id: CallId, response: Response, body: string): void {
    const { sendQueue, inFlight, onResponse } = this.#context
    inFlight.end(id)
    const json = response.status < 400 ? bodyJson(response, body) : null
    if (response.status >= 400) sendQueue.respondError(id, errorOf(response, body))
    else if (json !== null && isDeeper(json, responseDepthMax)) sendQueue.respondFailure(id, tooDeep())
    else if (this.#mayEncode(json)) sendQueue.respondWith(id, response.status, passedHeaders(response), json)
    else sendQueue.respondFailure(id, tooLong())
    onResponse()
  }

  /** Charges a response that is encoded as CBOR by its values, because these cost more than its bytes. */
  #mayEncode(json: string | null): boolean {
    const { sendQueue, chargeValues } = this.#context
    if (sendQueue.format.name !== 'cbor' || json === null) return true
    const values = countValues(json)
    if (values <= responseValuesMax) chargeValues(values)
    return values <= responseValuesMax
  }

  #fail(id: CallId, asked: PendingRequest, error: unknown): void {
    if (asked.isCancelled) return
    const { sendQueue, inFlight, onResponse } = this.#context
    inFlight.end(id)
    sendQueue.respondFailure(id, error)
    onResponse()
  }
}

/** A request whose response is pending. */
class PendingRequest implements PendingCall {
  readonly #made: MadeRequest
  isCancelled = false
  reader: ReadableStreamDefaultReader<Uint8Array> | null = null

  constructor(made: MadeRequest) {
    this.#made = made
  }

  cancel(): void {
    this.isCancelled = true
    const reason = new DOMException('The request was cancelled.', 'AbortError')
    this.#made.abort(reason)
    this.reader?.cancel(reason).catch(() => {})
  }
}

function discard(response: Response): void {
  if (response.body !== null && !response.body.locked) response.body.cancel().catch(() => {})
}

/** @throws AppError `not_acceptable` when it is too long */
async function readText(body: ReadableStream<Uint8Array>, asked: PendingRequest): Promise<string> {
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
    if (size <= responseBytesMax) continue
    reader.cancel().catch(() => {})
    throw tooLong()
  }
}
