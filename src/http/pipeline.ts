import { AppError } from '../errors.ts'
import { AdmissionControl, isUrgent } from '../limits/admission-control.ts'
import type { RateLimitDecision } from '../limits/decisions.ts'
import type { Platform } from '../ports/platform.ts'
import { createClientPeer, parseRange } from '../request/client-address.ts'
import type { AdmittedPeer, Peer, RequestContext } from '../request/context.ts'
import type { Identities, Identity } from '../request/identity.ts'
import { createRecorder, type Exchange, pathOf } from './access-log.ts'
import { compress, mayCompress } from './compression.ts'
import { corsHeaders } from './cors.ts'
import { createHostCheck, isOwnOrigin, refuseCrossSite } from './cross-site.ts'
import { createDeadlines } from './deadlines.ts'
import { finishedBytes, replyError } from './reply.ts'
import { createRequestIds } from './request-id.ts'
import { watchStream } from './response-stream.ts'
import { dataHeaders, secureOnlyHeaders } from './secure-headers.ts'
import { traceparentOf } from './trace-context.ts'

/** Other schemes may be a proxy's. */
const bearer = /^bearer /i

type Handler = (request: Request, context: RequestContext) => Response | Promise<Response>

/** Lets a request in to its handler, and its answer out. Never throws. */
export interface Pipeline {
  /** @param identity who asks, where the request itself does not show it */
  (request: Request, handle: Handler, peer?: Peer | null, identity?: Identity | null): Response | Promise<Response>
  /** The client, if it would let the request in; else null. */
  admit(request: Request, peer: Peer): AdmittedPeer | null
}

/**
 * What happens to every request before and after its route, in one pass and without a promise of its
 * own: name it, refuse it when it comes from where it should not, run it, and see that the answer
 * carries what every answer must.
 */
export function createPipeline(
  platform: Pick<Platform, 'settings' | 'random' | 'log' | 'metrics'>,
  identities: Identities | null = null,
  gate = new AdmissionControl({ isLimiting: false, overload: null, random: platform.random }),
): Pipeline {
  const { settings } = platform
  const requestId = createRequestIds(platform.random)
  const recorder = createRecorder(platform)
  const deadlines = createDeadlines()
  const checkHost = createHostCheck(settings.hosts)
  const clientPeer = createClientPeer(
    settings.trustedProxies.flatMap((text) => {
      const range = parseRange(text)
      return range === null ? [] : [range]
    }),
  )
  const corsOrigins = new Set(settings.corsOrigins)

  function finish(exchange: Exchange, response: Response): Response {
    const { request, context } = exchange
    const bytes = finishedBytes(response)
    const complete = bytes === undefined ? withHeaders(response, context) : response
    if (exchange.limit !== null)
      for (const name in exchange.limit) complete.headers.set(name, exchange.limit[name] ?? '')
    if (bytes !== undefined && corsOrigins.size === 0 && !mayCompress(request, response, bytes))
      return ended(exchange, response, bytes)
    if (corsOrigins.size > 0) addCors(request, complete)
    const sent = compress(request, complete, bytes ?? contentLength(complete))
    const { body } = sent
    if (sent === response && bytes !== undefined) return ended(exchange, sent, bytes)
    if (body === null) return ended(exchange, sent, 0)
    return replaceBody(
      sent,
      watchStream(body, (end) => recorder.end(exchange, sent.status, end)),
    )
  }

  function ended(exchange: Exchange, response: Response, bytes: number): Response {
    recorder.end(exchange, response.status, { bytes, cut: false })
    return response
  }

  function addCors(request: Request, { headers }: Response): void {
    const cors = corsHeaders(request, corsOrigins, headers.get('allow'))
    headers.append('Vary', 'Origin')
    for (const [name, value] of Object.entries(cors ?? {})) headers.set(name, value)
  }

  function admit(
    request: Request,
    handle: Handler,
    peer: Peer | null,
    given: Identity | null | undefined,
  ): Response | Promise<Response> {
    const startMs = gate.arrive()
    if (gate.isOverloaded && !isHealth(request.url)) return admitUrgent(request, handle, peer, given, startMs)
    return letIn(request, handle, peer, given, startMs)
  }

  /** The server is behind: whoever looks after it is let in, and nobody else. */
  function admitUrgent(
    request: Request,
    handle: Handler,
    peer: Peer | null,
    given: Identity | null | undefined,
    startMs: number,
  ): Response | Promise<Response> {
    const decide = (known: Identity | null) =>
      isUrgent(known) ? letIn(request, handle, peer, known, startMs) : turnAway(request, startMs)
    try {
      const identity = given === undefined ? identify(request) : given
      return identity instanceof Promise ? identity.then(decide, () => turnAway(request, startMs)) : decide(identity)
    } catch {
      return turnAway(request, startMs)
    }
  }

  /** Costs as little as an answer can: no line in the log, which nobody could read then anyway. */
  function turnAway(request: Request, startMs: number): Response {
    const response = replyError(
      { env: { requestId: requestId(request), identity: null, peer: null }, req: { raw: request } },
      busy,
    )
    if (corsOrigins.size > 0) addCors(request, response)
    recorder.count(request.method, response.status, startMs)
    return response
  }

  function letIn(
    request: Request,
    handle: Handler,
    peer: Peer | null,
    given: Identity | null | undefined,
    startMs: number,
  ): Response | Promise<Response> {
    const context: RequestContext = {
      requestId: requestId(request),
      traceparent: traceparentOf(request),
      principal: 'anonymous',
      identity: null,
      isMessage: given !== undefined,
      route: '',
      bodyText: '',
      peer,
    }
    const exchange = recorder.begin(request, context, startMs)
    try {
      if (peer !== null) context.peer = clientPeer(request, peer)
      check(request)
      const identity = given === undefined ? identify(request) : given
      const response =
        identity instanceof Promise
          ? identity.then((known) => enter(exchange, handle, known))
          : enter(exchange, handle, identity)
      return response instanceof Promise ? inTime(exchange, response) : finish(exchange, response)
    } catch (error) {
      return refuse(exchange, error)
    }
  }

  function enter(exchange: Exchange, handle: Handler, identity: Identity | null): Response | Promise<Response> {
    const context = asked(exchange.context, identity)
    const verdict = gate.take(identity, context.peer)
    return verdict instanceof Promise
      ? verdict.then((later) => run(exchange, handle, later))
      : run(exchange, handle, verdict)
  }

  function run(exchange: Exchange, handle: Handler, verdict: RateLimitDecision | null): Response | Promise<Response> {
    const { request, context } = exchange
    if (verdict !== null) {
      exchange.limit = verdict.headers
      exchange.isRefused = !verdict.isAllowed
      if (!verdict.isAllowed) return replyError({ env: context, req: { raw: request } }, tooMany)
    }
    const response = handle(request, context)
    // Only now it is known which route it is.
    if (verdict !== null) gate.charge(context.identity, context.peer, request.method, context.route)
    return response
  }

  /** A cookie that is worth nothing any more must not keep its owner from signing in. */
  function identify(request: Request): Identity | null | Promise<Identity | null> {
    if (identities === null) return null
    const { headers } = request
    const hasToken = bearer.test(headers.get('authorization') ?? '')
    // Elsewhere than in the API nobody asks who somebody is, and tokens may be others'.
    if ((!hasToken && !headers.has('cookie')) || !pathOf(request.url).startsWith('/api/')) return null
    if (hasToken) return identities.identify(request)
    // Another origin may be let in, but never as the user of the browser that it is in.
    const origin = headers.get('origin')
    if (origin !== null && !isOwnOrigin(origin, request)) return null
    try {
      const found = identities.identify(request)
      return found instanceof Promise ? found.catch(unlessUnauthorized) : found
    } catch (error) {
      return unlessUnauthorized(error)
    }
  }

  /** Whether it shows one worthless token too many. */
  function isGuess({ identity, peer }: RequestContext, failure: unknown): boolean {
    if (identity !== null || !(failure instanceof AppError && failure.code === 'unauthorized')) return false
    const verdict = gate.take(null, peer, guessUnits)
    return verdict !== null && !(verdict instanceof Promise) && !verdict.isAllowed
  }

  function refuse(exchange: Exchange, failure: unknown): Response {
    const { request, context } = exchange
    const error = isGuess(context, failure) ? tooManyGuesses : failure
    const known = error instanceof AppError ? error : new AppError('internal')
    const { requestId: id } = context
    if (known !== error)
      platform.log.problem({ requestId: id, method: request.method, path: pathOf(request.url), error })
    return finish(exchange, replyError({ env: context, req: { raw: request } }, known))
  }

  /** The answer, or a refusal when it takes too long. What comes after that is let go. */
  function inTime(exchange: Exchange, response: Promise<Response>): Promise<Response> {
    return new Promise((resolve) => {
      const isInTime = deadlines.start(() => resolve(refuse(exchange, new AppError('timeout'))))
      response
        .then(
          (later) => (isInTime() ? resolve(finish(exchange, later)) : later.body?.cancel().catch(() => {})),
          (error) => isInTime() && resolve(refuse(exchange, error)),
        )
        .catch((error) => resolve(refuse(exchange, error)))
    })
  }

  /** HEAD is GET without the body (RFC 9110 §9.3.2), headers and all. */
  async function head(
    request: Request,
    handle: Handler,
    ...rest: [Peer | null, Identity | null | undefined]
  ): Promise<Response> {
    return withoutBody(await admit(request, (admitted, context) => handle(asGet(admitted), context), ...rest))
  }

  function check(request: Request): void {
    checkHost(request)
    refuseCrossSite(request, corsOrigins)
  }

  function admitConnection(request: Request, peer: Peer): AdmittedPeer | null {
    try {
      check(request)
      const { address, isSecure } = clientPeer(request, peer)
      return { address, isSecure, identity: identify(request) }
    } catch {
      return null
    }
  }

  const door = (request: Request, handle: Handler, peer: Peer | null = null, identity?: Identity | null) =>
    (request.method === 'HEAD' ? head : admit)(request, handle, peer, identity)
  return Object.assign(door, { admit: admitConnection })
}

const busy = new AppError('busy', undefined, { headers: { 'Retry-After': '1' } })
/** A token that is none costs a look into the database, and may be a guess. */
const guessUnits = 5
const tooManyGuesses = new AppError('too_many_requests', undefined, { headers: { 'Retry-After': '1' } })
const tooMany = new AppError('too_many_requests', 'Too many requests. Try again in a moment.')

function isHealth(url: string): boolean {
  return pathOf(url).startsWith('/health/')
}

function asked(context: RequestContext, identity: Identity | null): RequestContext {
  if (identity === null) return context
  context.identity = identity
  context.principal = identity.userId
  return context
}

function unlessUnauthorized(error: unknown): null {
  if (error instanceof AppError && error.code === 'unauthorized') return null
  throw error
}

/** Without `Range`, which is for GET alone (RFC 9110 §14.2). */
function asGet({ url, headers, signal }: Request): Request {
  const all = new Headers(headers)
  all.delete('range')
  return new Request(url, { headers: all, signal })
}

function replaceBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const init: ResponseInit & { encodeBody: 'automatic' | 'manual' } = {
    status: response.status,
    headers: response.headers,
    // workerd would compress a second time unless told that the body is encoded already.
    encodeBody: response.headers.has('content-encoding') ? 'manual' : 'automatic',
  }
  return new Response(body as BodyInit, init)
}

/** Keeps what tells the length: the header, or a stream where GET would send one, lest a runtime claim zero. */
async function withoutBody(response: Response): Promise<Response> {
  const { status, headers } = response
  const hasBody = response.body !== null
  if (finishedBytes(response) !== undefined && hasBody) {
    headers.set('Content-Length', String((await response.arrayBuffer()).byteLength))
  } else {
    await response.body?.cancel()
  }
  const isStream = hasBody && !headers.has('content-length')
  return new Response(isStream ? new Blob([]).stream() : null, { status, headers })
}

function contentLength({ headers }: Response): number | undefined {
  const text = headers.get('content-length')
  return text === null ? undefined : Number(text)
}

/** The headers that an answer from elsewhere than `reply` may lack. */
function withHeaders(response: Response, { requestId, peer }: RequestContext): Response {
  const headers = new Headers(response.headers)
  if (peer?.isSecure) for (const [name, value] of Object.entries(secureOnlyHeaders)) headers.set(name, value)
  headers.set('X-Request-Id', requestId)
  if (!headers.has('cache-control')) headers.set('Cache-Control', 'no-cache')
  for (const [name, value] of Object.entries(dataHeaders)) if (!headers.has(name)) headers.set(name, value)
  return new Response(response.body, { status: response.status, headers })
}
