/**
 * One connection of an HTTP/1.1 server: requests go from the parser to the handler, one after the other,
 * and their answers back, in order. What goes wrong is answered once, and what came after it is never
 * looked at (RFC 9112 §9).
 */
import { IncomingBody } from './incoming-body.ts'
import { LightBody } from './light-body.ts'
import { LightRequest } from './light-request.ts'
import type { Limits } from './limits.ts'
import { Refusal } from './refusal.ts'
import type { RequestHead } from './request-head.ts'
import { type ParserOptions, RequestParser } from './request-parser.ts'
import { isBodiless, responseHead } from './response-head.ts'
import { SendBuffer } from './send-buffer.ts'
import { framing, type SerializedResponse, serialize } from './serialized-response.ts'
import { StreamSender } from './stream-sender.ts'
import { type Activity, TimeoutPolicy } from './timeout-policy.ts'
import type { Peer, Transport } from './transport.ts'

/** A server in one function. */
export type FetchHandler = (request: Request, peer: Peer) => Response | Promise<Response>

/** Goes forward in steps, so that nothing has to ask for the time at every request. */
export interface Clock {
  nowMs: number
  /** The line of `Date` with the empty line that ends a head. */
  date: string
}

/** What the connections of a server share. */
export interface ConnectionOptions extends ParserOptions {
  limits: Limits
  fetch: FetchHandler
  clock: Clock
  /** Whether every answer is to be the last of its connection. */
  isDraining: boolean
  /** Whether idle connections are to end. */
  isClosing: boolean
  /** The answer to what is no request, with a body of text or bytes. */
  refuse(refusal: Refusal): Response
  /** Hears of what a handler throws, and why an answer broke off. */
  onError(error: unknown, request: Request | null): void
  /** Takes the connection over with the bytes that came after the request, and returns true; or leaves it alone. */
  upgrade?: ((request: Request, transport: Transport, rest: Uint8Array) => boolean) | undefined
  /** Calls back when all that has arrived by now is dealt with. */
  defer(task: () => void): void
}

/** Answers of a pipeline are gathered up to this before they are sent. */
const gatheredBytesMax = 64 * 1024
/** Larger bodies are sent in parts, so that a client that takes them slowly is seen to take them. */
const wholeBytesMax = 256 * 1024

/** What `OPTIONS *` tells: the methods that a server of `Request`s can be asked with (RFC 9110 §9.3.7). */
const methodsOfServer = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'
const encoder = new TextEncoder()

type BodyFraming = number | 'chunked' | 'close'
type Phase = 'open' | 'lingering' | 'upgraded' | 'closed'

export class Connection {
  readonly #options: ConnectionOptions
  readonly #transport: Transport
  readonly #parser: RequestParser
  #phase: Phase = 'open'
  /** The request that is being answered. */
  #head: RequestHead | null = null
  #request: LightRequest | null = null
  /** Its body, as long as somebody may want it. */
  #body: IncomingBody | null = null
  /** Whether more of the body is to come. */
  #isBodyOpen = false
  #owesContinue = false
  #sender: StreamSender | null = null
  #requests = 0
  readonly #outbox: SendBuffer
  #isRunning = false
  #isPaused = false
  /** The other end has sent its end. */
  #hasEnded = false
  readonly #patience: TimeoutPolicy
  #bodyBytes = 0

  constructor(options: ConnectionOptions, transport: Transport) {
    this.#options = options
    this.#transport = transport
    this.#parser = new RequestParser(options)
    this.#outbox = new SendBuffer(transport)
    this.#patience = new TimeoutPolicy(options.limits, options.clock.nowMs)
  }

  /** Whether no request is in flight and none has begun to arrive. */
  get isIdle(): boolean {
    return this.#phase === 'open' && this.#head === null && !this.#isBodyOpen && this.#parser.waitingBytes === 0
  }

  /** Bytes have come; they are borrowed until this returns. */
  receive(bytes: Uint8Array, start: number, end: number): void {
    if (this.#phase !== 'open') return
    this.#patience.touch(this.#options.clock.nowMs)
    this.#parser.feed(bytes, start, end)
    this.#run()
    this.#body?.own()
    this.#parser.keep()
    if (this.#isFull) this.#pause()
    if (this.#options.isClosing) this.closeIfIdle()
  }

  /** The other end sends nothing more, but may still read. */
  receiveEnd(): void {
    this.#hasEnded = true
    if (this.#phase !== 'open') return
    this.#patience.touch(this.#options.clock.nowMs)
    this.#endIfDone()
  }

  /** What was written has been taken. */
  drained(): void {
    this.#outbox.isBlocked = false
    this.#sender?.drained()
    this.#goOn()
  }

  /** The connection is no more. */
  closed(): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#drop(new DOMException('The client is gone.', 'AbortError'))
  }

  /** Ends the connection when it is idle; else after the answer in flight, because of `isDraining`. */
  closeIfIdle(): void {
    if (this.isIdle) this.#endWriting()
  }

  #run(): void {
    this.#isRunning = true
    try {
      while (this.#phase === 'open' && !this.#outbox.isBlocked && (this.#head === null || this.#isBodyOpen)) {
        const event = this.#parser.next()
        if (event === null) break
        if (event.type === 'head') this.#begin(event)
        else if (event.type === 'data') this.#takeData(event.bytes)
        else this.#endBody()
        if (this.#outbox.length > gatheredBytesMax) this.#outbox.flush()
      }
    } catch (error) {
      this.#refuse(error)
    }
    this.#isRunning = false
    // What is being made may be ready in a moment and leave in the same write.
    const isMoreNear = this.#head !== null && (this.#sender !== null || this.#parser.waitingBytes > 0)
    if (isMoreNear && this.#outbox.length > 0) this.#options.defer(() => this.#outbox.flush())
    else this.#outbox.flush()
  }

  #begin(head: RequestHead): void {
    const { target } = head
    this.#requests += 1
    this.#patience.beginRequest()
    this.#head = head
    const body = head.framing.contentLength === 0 ? null : this.#beginBody(head)
    if (target === null) {
      this.#answer(head, new Response(null, { status: 204, headers: { allow: methodsOfServer } }))
      return
    }
    const request = new LightRequest(head, target, body === null ? null : new LightBody(body))
    this.#request = request
    if (head.framing.upgrade !== '' && body === null && this.#upgrade(head, request)) return
    this.#handle(head, request as unknown as Request)
  }

  /** What of the body came along with the head is taken first, so that most bodies are whole when they are asked for. */
  #beginBody(head: RequestHead): IncomingBody {
    const body = new IncomingBody(this.#options.limits, () => this.#wantBody())
    this.#body = body
    this.#isBodyOpen = true
    this.#bodyBytes = 0
    for (let event = this.#parser.next(); event !== null; event = this.#parser.next()) {
      if (event.type === 'data') this.#takeData(event.bytes)
      else {
        this.#endBody()
        break
      }
    }
    this.#owesContinue =
      this.#isBodyOpen && this.#bodyBytes === 0 && head.framing.expectsContinue && head.minorVersion > 0
    return body
  }

  #takeData(bytes: Uint8Array): void {
    this.#bodyBytes += bytes.byteLength
    this.#owesContinue = false
    this.#body?.push(bytes)
  }

  #endBody(): void {
    if (!this.#isBodyOpen) return
    this.#isBodyOpen = false
    this.#body?.end()
  }

  /** RFC 9110 §10.1.1: the client may be waiting to hear that its body is wanted. */
  #wantBody(): void {
    if (this.#phase !== 'open') return
    if (this.#owesContinue) {
      this.#patience.touch(this.#options.clock.nowMs)
      this.#outbox.addContinue(this.#sender !== null)
    }
    this.#owesContinue = false
    if (this.#isRunning) return
    this.#outbox.flush()
    this.#resume()
  }

  #upgrade({ minorVersion }: RequestHead, request: LightRequest): boolean {
    const { upgrade } = this.#options
    if (upgrade === undefined || minorVersion === 0) return false
    this.#outbox.flush()
    if (!upgrade(request as unknown as Request, this.#transport, this.#parser.rest())) return false
    this.#phase = 'upgraded'
    return true
  }

  #handle(head: RequestHead, request: Request): void {
    let answer: Response | Promise<Response>
    try {
      answer = this.#options.fetch(request, this.#transport.peer)
    } catch (error) {
      this.#fail(head, error)
      return
    }
    if (!(answer instanceof Promise)) {
      this.#answer(head, answer)
      return
    }
    answer.then(
      (response) => this.#answer(head, response),
      (error) => this.#fail(head, error),
    )
  }

  #fail(head: RequestHead, error: unknown): void {
    if (this.#head !== head) return
    if (error instanceof Refusal) {
      this.#refuse(error)
      return
    }
    this.#options.onError(error, this.#request as Request | null)
    this.#answer(head, this.#options.refuse(new Refusal(500, 'The server has failed.')))
  }

  /** Writes the answer to the request in flight. One that comes when that is over is let go. */
  #answer(head: RequestHead, response: Response): void {
    if (this.#head !== head || this.#phase !== 'open') {
      letGo(response)
      return
    }
    let answer: SerializedResponse
    try {
      answer = serialize(response)
    } catch (error) {
      this.#options.onError(error, this.#request as Request | null)
      answer = serialize(this.#options.refuse(new Refusal(500, 'The server has failed.')))
    }
    this.#write(head, answer)
    if (!this.#isRunning) this.#goOn()
  }

  #write(head: RequestHead, answer: SerializedResponse): void {
    const { body, status, statusText, fields } = answer
    const framed = framing(head, answer, this.#options.codec)
    const isKept = framed !== 'close' && this.#isKept(head, answer)
    const connection = isKept ? (head.minorVersion === 0 ? 'keep-alive' : '') : 'close'
    this.#outbox.add(responseHead(status, statusText, fields, { framed, connection, date: this.#options.clock.date }))
    const isSent = head.method !== 'HEAD' && !isBodiless(status)
    if (body === null || !isSent) {
      if (body instanceof ReadableStream) body.cancel().catch(() => {})
      this.#finish(isKept)
    } else if (typeof body === 'string' && framed === body.length && body.length <= wholeBytesMax) {
      this.#outbox.addBody(body)
      this.#finish(isKept)
    } else this.#writeBytes(head, typeof body === 'string' ? encoder.encode(body) : body, framed as BodyFraming, isKept)
  }

  #writeBytes(
    head: RequestHead,
    body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>,
    framed: BodyFraming,
    isKept: boolean,
  ): void {
    if (body instanceof Uint8Array && body.byteLength <= wholeBytesMax) {
      this.#outbox.send(body)
      this.#finish(isKept)
      return
    }
    const sender = new StreamSender({ transport: this.#transport, body, framed, takeHead: () => this.#outbox.take() })
    this.#sender = sender
    void this.#follow(sender, head, isKept)
  }

  async #follow(sender: StreamSender, head: RequestHead, isKept: boolean): Promise<void> {
    try {
      const isComplete = await sender.run()
      if (!isComplete || this.#head !== head) return
      this.#sender = null
      this.#finish(isKept)
      this.#goOn()
    } catch (error) {
      this.#options.onError(error, this.#request as Request | null)
      this.#transport.reset()
    }
  }

  /** RFC 9112 §9.3: whether another request may follow. */
  #isKept({ framing: { isClosing, isKeepingAlive }, minorVersion }: RequestHead, answer: SerializedResponse): boolean {
    const { limits, isDraining } = this.#options
    if (isClosing || answer.isClosing || isDraining || this.#requests >= limits.requestsPerConnectionMax) return false
    if (minorVersion === 0 && !isKeepingAlive) return false
    if (!this.#isBodyOpen) return true
    // Who was never told to send the body may leave it out, so what comes next is unclear.
    if (this.#owesContinue) return false
    return this.#parser.bodyBytesLeft <= limits.unreadBodyBytesMax
  }

  /** The answer is written; the connection goes on or ends with it. */
  #finish(isKept: boolean): void {
    if (this.#isBodyOpen) this.#body?.fail(new Error('The request is answered.'))
    this.#head = null
    this.#request = null
    this.#body = null
    if (!isKept) this.#endWriting()
  }

  /** After an answer that was not ready at once: on to what has come meanwhile. */
  #goOn(): void {
    if (this.#phase !== 'open') return
    this.#patience.touch(this.#options.clock.nowMs)
    this.#run()
    this.#parser.keep()
    this.#endIfDone()
    if (!this.#isFull) this.#resume()
    if (this.#options.isClosing) this.closeIfIdle()
  }

  /** When the other end has sent its end, and all before it is answered. */
  #endIfDone(): void {
    if (!this.#hasEnded || this.#phase !== 'open' || this.#outbox.isBlocked) return
    const isCut = this.#isBodyOpen || (this.#head === null && this.#parser.isInHead)
    if (isCut) this.#refuse(new Refusal(400, 'The request breaks off.'))
    else if (this.#head === null) this.#endWriting()
  }

  /** Answers what is no request, and ends the connection. */
  #refuse(error: unknown): void {
    if (this.#sender !== null) {
      this.#transport.reset()
      return
    }
    if (this.#head === null && this.#isBodyOpen) {
      // Its request has had its answer; another one would pass for that of the next.
      this.#endWriting()
      return
    }
    const refusal = error instanceof Refusal ? error : new Refusal(500, 'The server has failed.')
    if (refusal !== error) this.#options.onError(error, this.#request as Request | null)
    this.#drop(refusal)
    const { status, statusText, fields, body } = serialize(this.#options.refuse(refusal))
    const bytes = typeof body === 'string' ? encoder.encode(body) : body instanceof Uint8Array ? body : new Uint8Array()
    const { date } = this.#options.clock
    this.#outbox.add(responseHead(status, statusText, fields, { framed: bytes.byteLength, connection: 'close', date }))
    this.#outbox.send(bytes)
    this.#endWriting()
  }

  /** Lets go of the request in flight. */
  #drop(reason: Error): void {
    if (this.#request !== null) LightRequest.abort(this.#request, reason)
    this.#body?.fail(reason)
    this.#sender?.cancel(reason)
    this.#head = null
    this.#request = null
    this.#body = null
    this.#sender = null
  }

  /** Sends the end and waits for the other one, so that what is on its way does not destroy the answer (RFC 9112 §9.6). */
  #endWriting(): void {
    this.#outbox.flush()
    this.#phase = 'lingering'
    this.#patience.touch(this.#options.clock.nowMs)
    this.#transport.end()
    this.#resume()
  }

  get #isFull(): boolean {
    return this.#parser.waitingBytes > this.#options.limits.backlogBytesMax || (this.#body?.isFull ?? false)
  }

  #pause(): void {
    if (!this.#isPaused) this.#transport.pause()
    this.#isPaused = true
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#patience.touch(this.#options.clock.nowMs)
    this.#transport.resume()
  }

  /** Looks for what takes too long; to be called each time the clock has gone forward by a step. */
  sweep(stepMs: number): void {
    if (this.#phase !== 'open' && this.#phase !== 'lingering') return
    const verdict = this.#patience.judge(this.#activity(), this.#options.clock.nowMs - stepMs, stepMs)
    if (verdict === 'wait') return
    if (verdict === 'end') this.#endWriting()
    else if (verdict === 'destroy') this.#transport.destroy()
    else if (verdict === 'reset') this.#transport.reset()
    else this.#refuse(verdict)
  }

  #activity(): Activity {
    const { isPending, takenBytes } = this.#transport
    return {
      doing: this.#doing(),
      isPaused: this.#isPaused,
      isReading: !this.#isPaused && !this.#owesContinue && !this.#outbox.isBlocked,
      hasEnded: this.#hasEnded,
      isPending,
      takenBytes,
      bodyBytes: this.#bodyBytes,
      deliveredBytes: this.#body?.deliveredBytes ?? 0,
      streamedBytes: this.#sender?.sentBytes ?? 0,
    }
  }

  #doing(): Activity['doing'] {
    if (this.#phase === 'lingering') return 'lingering'
    if (this.#isBodyOpen) return 'body'
    if (this.#head !== null) return 'answering'
    return this.#parser.isInHead ? 'head' : 'idle'
  }
}

/** Of an answer that nobody will read. */
function letGo(response: unknown): void {
  if (!(response instanceof Response)) return
  const { body } = response
  if (body !== null && !body.locked) body.cancel().catch(() => {})
}
