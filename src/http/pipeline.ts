/** The request pipeline: admit, dispatch, finish. Each step is a module that begins with a table of what it does. */
import { AppError } from '../errors.ts'
import { AdmissionControl } from '../limits/admission-control.ts'
import { IncompleteBytes } from '../limits/incomplete-bytes.ts'
import type { Platform } from '../ports/platform.ts'
import type { AdmittedPeer, Payments, Peer, RequestContext } from '../request/context.ts'
import type { Identities, Identity } from '../request/identity.ts'
import { createRecorder, type Recorder } from './access-log.ts'
import { Admission, type Refusal } from './admit.ts'
import { addCors } from './cors.ts'
import { createDeadlines } from './deadlines.ts'
import { dispatch } from './dispatch.ts'
import { errorResponse, failureResponse } from './error-response.ts'
import type { Exchange, Handler } from './exchange.ts'
import { createFinish } from './finish.ts'
import { HeldBodies } from './held-bodies.ts'
import { createPayments } from './payments.ts'
import { createRequestIds } from './request-id.ts'
import { pathOf } from './request-path.ts'
import { traceparentOf } from './trace-context.ts'

type PipelinePlatform = Pick<Platform, 'settings' | 'random' | 'log' | 'metrics'>

/** Runs requests through admission, their handler and finishing. A synchronous handler is answered synchronously. */
export class Pipeline {
  readonly #platform: PipelinePlatform
  readonly #control: AdmissionControl
  readonly #admission: Admission
  readonly #bodies: HeldBodies
  readonly #payments: Payments
  readonly #recorder: Recorder
  readonly #finish: (exchange: Exchange, response: Response) => Response
  readonly #corsOrigins: ReadonlySet<string>
  readonly #requestId: (request: Request) => string
  readonly #deadlines = createDeadlines()

  constructor(
    platform: PipelinePlatform,
    identities: Identities | null = null,
    control = new AdmissionControl({ isLimiting: false, overload: null, random: platform.random }),
    incomplete = new IncompleteBytes(),
  ) {
    this.#bodies = new HeldBodies(incomplete, control)
    this.#payments = createPayments(control)
    this.#platform = platform
    this.#control = control
    this.#admission = new Admission(platform.settings, identities, control)
    this.#recorder = createRecorder(platform)
    this.#corsOrigins = new Set(platform.settings.corsOrigins)
    this.#finish = createFinish(this.#recorder, this.#corsOrigins, control)
    this.#requestId = createRequestIds(platform.random)
  }

  /**
   * The response to a request. Never throws.
   * @param identity the identity of the message connection that brought it; undefined where the request shows its own
   */
  run(
    request: Request,
    handle: Handler,
    peer: Peer | null = null,
    identity?: Identity | null,
  ): Response | Promise<Response> {
    const startMs = this.#control.arrive()
    const refusal = this.#admission.shed(request, peer, identity)
    if (refusal === null) return this.#respond(this.#begin(request, handle, peer, identity, startMs))
    const proceed = (error: Refusal) =>
      error === null
        ? this.#respond(this.#begin(request, handle, peer, identity, startMs))
        : this.#shed(request, error, startMs)
    return refusal instanceof Promise ? refusal.then(proceed) : proceed(refusal)
  }

  /** The client behind a request that begins a message connection; null where the request would be refused. */
  admitConnection(request: Request, peer: Peer): AdmittedPeer | null {
    return this.#admission.admitConnection(request, peer)
  }

  #begin(
    request: Request,
    handle: Handler,
    peer: Peer | null,
    identity: Identity | null | undefined,
    startMs: number,
  ): Exchange {
    const context: RequestContext = {
      requestId: this.#requestId(request),
      traceparent: traceparentOf(request),
      principal: 'anonymous',
      identity: null,
      isMessage: identity !== undefined,
      route: '',
      bodyText: '',
      bodies: this.#bodies,
      payments: this.#payments,
      extraUnits: 0,
      peer,
    }
    const exchange: Exchange = { request, handle, context, identity, peer, startMs, rateLimit: null }
    this.#recorder.begin()
    return exchange
  }

  #respond(exchange: Exchange): Response | Promise<Response> {
    try {
      const refusal = this.#admission.admit(exchange)
      const response =
        refusal instanceof Promise
          ? refusal.then((error) => dispatch(exchange, error, this.#control))
          : dispatch(exchange, refusal, this.#control)
      return response instanceof Promise ? this.#inTime(exchange, response) : this.#finish(exchange, response)
    } catch (error) {
      return this.#fail(exchange, error)
    }
  }

  /** The response, or a `timeout` when it takes too long; the body of a response that comes later is cancelled. */
  #inTime(exchange: Exchange, response: Promise<Response>): Promise<Response> {
    return new Promise((resolve) => {
      const isInTime = this.#deadlines.start(() => resolve(this.#fail(exchange, new AppError('timeout'))))
      response
        .then(
          (later) => (isInTime() ? resolve(this.#finish(exchange, later)) : later.body?.cancel().catch(() => {})),
          (error) => isInTime() && resolve(this.#fail(exchange, error)),
        )
        .catch((error) => resolve(this.#fail(exchange, error)))
    })
  }

  #fail(exchange: Exchange, error: unknown): Response {
    const { request, context } = exchange
    const path = pathOf(request.url)
    return this.#finish(exchange, failureResponse(error, context, request, { log: this.#platform.log, path }))
  }

  /** Costs as little as a response can: no context and no log line, because the log would be too long to read. */
  #shed(request: Request, error: AppError, startMs: number): Response {
    const response = errorResponse(error, { requestId: this.#requestId(request) }, request)
    if (this.#corsOrigins.size > 0) addCors(request, response, this.#corsOrigins)
    this.#recorder.count(request.method, response.status, startMs)
    return response
  }
}
