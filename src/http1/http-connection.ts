/**
 * One connection of an HTTP/1.1 server: passes requests from the parser to the handler one after the other, and writes
 * their responses in order. An error is answered once, and the bytes after it are never parsed (RFC 9112 §9).
 */
import type { ConnectionOptions } from './connection-options.ts'
import { Exchange } from './exchange.ts'
import { HttpError } from './http-error.ts'
import { LightBody } from './light-body.ts'
import { LightRequest } from './light-request.ts'
import type { RequestHead } from './request-head.ts'
import { RequestParser } from './request-parser.ts'
import { SendBuffer } from './send-buffer.ts'
import { framing, type SerializedResponse, serialize } from './serialized-response.ts'
import type { StreamSender } from './stream-sender.ts'
import { type Activity, TimeoutPolicy } from './timeout-policy.ts'
import type { Transport } from './transport.ts'
import { discard, writeErrorResponse, writeResponse } from './write-response.ts'

/** Responses of a pipeline are gathered up to this before they are sent. */
const gatheredBytesMax = 64 * 1024

/** The response to `OPTIONS *`: the methods that a `Request` can have (RFC 9110 §9.3.7). */
const serverMethods = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'

type Phase = 'open' | 'lingering' | 'upgraded' | 'closed'

export class HttpConnection {
  readonly #options: ConnectionOptions
  readonly #transport: Transport
  readonly #parser: RequestParser
  #phase: Phase = 'open'
  readonly #exchange: Exchange
  readonly #sendBuffer: SendBuffer
  #isRunning = false
  #isPaused = false
  /** True if the peer has ended its side. */
  #hasEnded = false
  readonly #timeouts: TimeoutPolicy

  constructor(options: ConnectionOptions, transport: Transport) {
    this.#options = options
    this.#transport = transport
    this.#parser = new RequestParser(options)
    this.#exchange = new Exchange(options)
    this.#sendBuffer = new SendBuffer(transport)
    this.#timeouts = new TimeoutPolicy(options)
  }

  /** True if no request is in flight and none has begun to arrive. */
  get isIdle(): boolean {
    return this.#phase === 'open' && this.#exchange.isOver && this.#parser.waitingBytes === 0
  }

  /** Takes received bytes, which are borrowed until this returns. */
  receive(bytes: Uint8Array, start: number, end: number): void {
    if (this.#phase !== 'open') return
    this.#timeouts.touch()
    this.#parser.feed(bytes, start, end)
    this.#run()
    this.#exchange.body.own()
    this.#parser.keep()
    if (this.#isFull) this.#pause()
    if (this.#options.isClosing) this.closeIfIdle()
  }

  /** Called when the peer has ended its side; it may still read. */
  receiveEnd(): void {
    this.#hasEnded = true
    if (this.#phase !== 'open') return
    this.#timeouts.touch()
    this.#endIfDone()
  }

  /** Called when the peer has taken the written bytes. */
  drained(): void {
    this.#sendBuffer.isBlocked = false
    this.#exchange.sender?.drained()
    this.#continue()
  }

  /** Called when the connection has closed. */
  closed(): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#exchange.abort(new DOMException('The client is gone.', 'AbortError'))
  }

  /** Ends the connection when it is idle; a busy one ends after its response, because of `isDraining`. */
  closeIfIdle(): void {
    if (this.isIdle) this.#endWriting()
  }

  #run(): void {
    const exchange = this.#exchange
    this.#isRunning = true
    try {
      while (
        this.#phase === 'open' &&
        !this.#sendBuffer.isBlocked &&
        (exchange.head === null || exchange.body.isOpen)
      ) {
        const event = this.#parser.next()
        if (event === null) break
        if (event.type === 'head') this.#begin(event)
        else if (event.type === 'data') exchange.body.push(event.bytes)
        else exchange.body.end()
        if (this.#sendBuffer.length > gatheredBytesMax) this.#sendBuffer.flush()
      }
    } catch (error) {
      this.#fail(error)
    }
    this.#isRunning = false
    // The next response may be ready in a moment and be sent in the same write.
    const isMoreNear = exchange.head !== null && (exchange.sender !== null || this.#parser.waitingBytes > 0)
    if (isMoreNear && this.#sendBuffer.length > 0) this.#options.defer(() => this.#sendBuffer.flush())
    else this.#sendBuffer.flush()
  }

  #begin(head: RequestHead): void {
    const { target } = head
    this.#timeouts.beginRequest()
    const body = this.#exchange.begin(head, this.#parser, () => this.#wantBody())
    if (target === null) {
      this.#respond(head, new Response(null, { status: 204, headers: { allow: serverMethods } }))
      return
    }
    const request = new LightRequest(head, target, body === null ? null : new LightBody(body))
    this.#exchange.request = request
    if (head.framing.upgrade !== '' && body === null && this.#upgrade(head, request)) return
    this.#handle(head, request as unknown as Request)
  }

  #wantBody(): void {
    if (this.#phase !== 'open') return
    const { body, sender } = this.#exchange
    if (body.owesContinue) {
      this.#timeouts.touch()
      this.#sendBuffer.addContinue(sender !== null)
    }
    body.owesContinue = false
    if (this.#isRunning) return
    this.#sendBuffer.flush()
    this.#resume()
  }

  #upgrade({ minorVersion }: RequestHead, request: LightRequest): boolean {
    const { upgrade } = this.#options
    if (upgrade === undefined || minorVersion === 0) return false
    this.#sendBuffer.flush()
    if (!upgrade(request as unknown as Request, this.#transport, this.#parser.rest())) return false
    this.#phase = 'upgraded'
    return true
  }

  #handle(head: RequestHead, request: Request): void {
    let response: Response | Promise<Response>
    try {
      response = this.#options.fetch(request, this.#transport.peer)
    } catch (error) {
      this.#handlerFailed(head, error)
      return
    }
    if (!(response instanceof Promise)) {
      this.#respond(head, response)
      return
    }
    response.then(
      (resolved) => this.#respond(head, resolved),
      (error) => this.#handlerFailed(head, error),
    )
  }

  #handlerFailed(head: RequestHead, error: unknown): void {
    if (this.#exchange.head !== head) return
    if (error instanceof HttpError) this.#fail(error)
    else this.#respond(head, this.#reported(error))
  }

  /** Reports an internal error and makes its response. */
  #reported(error: unknown): Response {
    this.#report(error)
    return this.#options.errorResponse(serverError())
  }

  #report(error: unknown): void {
    this.#options.onError(error, this.#exchange.request as Request | null)
  }

  /** Writes the response to the request in flight. One that comes too late is discarded. */
  #respond(head: RequestHead, response: Response): void {
    if (this.#exchange.head !== head || this.#phase !== 'open') {
      discard(response)
      return
    }
    let serialized: SerializedResponse
    try {
      serialized = serialize(response)
    } catch (error) {
      serialized = serialize(this.#reported(error))
    }
    this.#write(head, serialized)
    if (!this.#isRunning) this.#continue()
  }

  #write(head: RequestHead, response: SerializedResponse): void {
    const { codec, clock } = this.#options
    const framed = framing(head, response, codec)
    const isKept = framed !== 'close' && this.#exchange.isKept(head, response, this.#parser.bodyBytesLeft)
    const output = { transport: this.#transport, sendBuffer: this.#sendBuffer }
    const sender = writeResponse(head, response, { framed, isKept, date: clock.date }, output)
    if (sender === null) this.#finish(isKept)
    else void this.#follow(sender, head, isKept)
  }

  async #follow(sender: StreamSender, head: RequestHead, isKept: boolean): Promise<void> {
    this.#exchange.sender = sender
    try {
      const isComplete = await sender.run()
      if (!isComplete || this.#exchange.head !== head) return
      this.#finish(isKept)
      this.#continue()
    } catch (error) {
      this.#report(error)
      this.#transport.reset()
    }
  }

  /** Called when the response is written: the connection continues or ends. */
  #finish(isKept: boolean): void {
    this.#exchange.finish()
    if (!isKept) this.#endWriting()
  }

  /** Called after an asynchronous response: parses the bytes that have arrived meanwhile. */
  #continue(): void {
    if (this.#phase !== 'open') return
    this.#timeouts.touch()
    this.#run()
    this.#parser.keep()
    this.#endIfDone()
    if (!this.#isFull) this.#resume()
    if (this.#options.isClosing) this.closeIfIdle()
  }

  /** Ends the connection when the peer has ended its side and all requests before that have their responses. */
  #endIfDone(): void {
    if (!this.#hasEnded || this.#phase !== 'open' || this.#sendBuffer.isBlocked) return
    const { head, body } = this.#exchange
    const isCut = body.isOpen || (head === null && this.#parser.isInHead)
    if (isCut) this.#fail(new HttpError(400, 'The connection ended in the middle of the request.'))
    else if (head === null) this.#endWriting()
  }

  /** Sends the response to an error and ends the connection. */
  #fail(error: unknown): void {
    const { sender, head, body } = this.#exchange
    if (sender !== null) {
      this.#transport.reset()
      return
    }
    if (head === null && body.isOpen) {
      // The request has had its response; a second one would be taken for the response to the next request.
      this.#endWriting()
      return
    }
    const httpError = error instanceof HttpError ? error : serverError()
    if (httpError !== error) this.#report(error)
    this.#exchange.abort(httpError)
    writeErrorResponse(serialize(this.#options.errorResponse(httpError)), this.#options, this.#sendBuffer)
    this.#endWriting()
  }

  /** Ends this side and waits for the peer's end, because bytes in transit could make a reset that destroys the response (RFC 9112 §9.6). */
  #endWriting(): void {
    this.#sendBuffer.flush()
    this.#phase = 'lingering'
    this.#timeouts.touch()
    this.#transport.end()
    this.#resume()
  }

  get #isFull(): boolean {
    return this.#parser.waitingBytes > this.#options.limits.backlogBytesMax || this.#exchange.body.isFull
  }

  #pause(): void {
    if (!this.#isPaused) this.#transport.pause()
    this.#isPaused = true
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#timeouts.touch()
    this.#transport.resume()
  }

  /** Enforces the time limits; called each time the clock has advanced by a step. */
  sweep(stepMs: number): void {
    if (this.#phase !== 'open' && this.#phase !== 'lingering') return
    const action = this.#timeouts.decide(this.#activity(), stepMs)
    if (action === 'wait') return
    if (action === 'end') this.#endWriting()
    else if (action === 'destroy') this.#transport.destroy()
    else if (action === 'reset') this.#transport.reset()
    else this.#fail(action)
  }

  #activity(): Activity {
    const { body, sender } = this.#exchange
    const { isPending, takenBytes } = this.#transport
    return {
      state: this.#state(),
      isPaused: this.#isPaused,
      isReading: !this.#isPaused && !body.owesContinue && !this.#sendBuffer.isBlocked,
      hasEnded: this.#hasEnded,
      isPending,
      takenBytes,
      bodyBytes: body.receivedBytes,
      deliveredBytes: body.deliveredBytes,
      streamedBytes: sender?.sentBytes ?? 0,
    }
  }

  #state(): Activity['state'] {
    if (this.#phase === 'lingering') return 'lingering'
    if (this.#exchange.body.isOpen) return 'body'
    if (this.#exchange.head !== null) return 'responding'
    return this.#parser.isInHead ? 'head' : 'idle'
  }
}

function serverError(): HttpError {
  return new HttpError(500, 'The server has failed.')
}
