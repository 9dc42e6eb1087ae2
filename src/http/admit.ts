/**
 * Admission: what happens to a request before its route.
 *
 * | step | refuses with |
 * |---|---|
 * | load shedding (`isShed`), before anything is spent on the request | `busy` |
 * | the client's address, through trusted proxies | `bad_request` |
 * | `Host`, except of `/health/` | `bad_request`, `misdirected_request` |
 * | requests from other sites | `cross_site` |
 * | identity | `unauthorized`; `too_many_requests` after many wrong tokens |
 * | rate limit | `too_many_requests` |
 */
import { AppError } from '../errors.ts'
import { type AdmissionControl, isUrgent } from '../limits/admission-control.ts'
import type { RateLimitDecision } from '../limits/decisions.ts'
import type { Settings } from '../ports/platform.ts'
import { createClientPeer, parseRanges } from '../request/client-address.ts'
import type { AdmittedPeer, Peer, RequestContext } from '../request/context.ts'
import type { Identities, Identity } from '../request/identity.ts'
import { refuseCrossSite } from './cross-site.ts'
import type { Exchange } from './exchange.ts'
import { createHostCheck } from './host-check.ts'
import { createIdentify, type Identify, isUnauthorized } from './identify.ts'
import { pathOf } from './request-path.ts'

const busy = new AppError('busy')
/** A wrong token costs a database read, and may be a guess. */
const guessUnits = 5
const tooManyGuesses = new AppError('too_many_requests')
const tooMany = new AppError('too_many_requests', 'Too many requests. Try again in a moment.')

/** Load balancers name no host, or one of their own. */
function isHealthCheck(request: Request): boolean {
  return pathOf(request.url).startsWith('/health/')
}

/** Null for a request that is admitted. */
export type Refusal = AppError | null

export class Admission {
  readonly #control: AdmissionControl
  readonly #identify: Identify
  readonly #corsOrigins: ReadonlySet<string>
  readonly #checkHost: (request: Request) => void
  readonly #clientPeer: (request: Request, peer: Peer) => Peer

  constructor(settings: Settings, identities: Identities | null, control: AdmissionControl) {
    this.#control = control
    this.#identify = createIdentify(identities)
    this.#corsOrigins = new Set(settings.corsOrigins)
    this.#checkHost = createHostCheck(settings.hosts)
    this.#clientPeer = createClientPeer(parseRanges(settings.trustedProxies))
  }

  /** Refuses all but health checks and administrators while the server is overloaded. Never throws. */
  shed(request: Request, identity: Identity | null | undefined): Refusal | Promise<Refusal> {
    if (!this.#control.isOverloaded || isHealthCheck(request)) return null
    const refusal = (known: Identity | null) => (isUrgent(known) ? null : busy)
    try {
      const known = identity === undefined ? this.#identify(request) : identity
      return known instanceof Promise ? known.then(refusal, () => busy) : refusal(known)
    } catch {
      return busy
    }
  }

  /**
   * Runs the steps in order, and stores the client's identity in the context.
   * @throws AppError and whatever the database throws
   */
  admit(exchange: Exchange): Refusal | Promise<Refusal> {
    const { request, context } = exchange
    if (context.peer !== null) context.peer = this.#clientPeer(request, context.peer)
    if (!isHealthCheck(request)) this.#check(request)
    try {
      const identity = exchange.identity === undefined ? this.#identify(request) : exchange.identity
      if (!(identity instanceof Promise)) return this.#enter(exchange, identity)
      return identity.then(
        (known) => this.#enter(exchange, known),
        (error) => this.#fail(context, error),
      )
    } catch (error) {
      return this.#fail(context, error)
    }
  }

  /** The client behind a request that begins a message connection; null where the request would be refused. */
  admitConnection(request: Request, peer: Peer): AdmittedPeer | null {
    try {
      this.#check(request)
      const { address, isSecure } = this.#clientPeer(request, peer)
      return { address, isSecure, identity: this.#identify(request) }
    } catch {
      return null
    }
  }

  #check(request: Request): void {
    this.#checkHost(request)
    refuseCrossSite(request, this.#corsOrigins)
  }

  #enter(exchange: Exchange, identity: Identity | null): Refusal | Promise<Refusal> {
    const { context } = exchange
    if (identity !== null) {
      context.identity = identity
      context.principal = identity.userId
    }
    const decision = this.#control.take(identity, context.peer)
    return decision instanceof Promise ? decision.then((later) => decide(exchange, later)) : decide(exchange, decision)
  }

  /** Charges a wrong token to its client, which is refused without a database read after too many. */
  #fail({ peer }: RequestContext, error: unknown): never {
    const decision = isUnauthorized(error) ? this.#control.take(null, peer, guessUnits) : null
    if (decision !== null && !(decision instanceof Promise) && !decision.isAllowed) throw tooManyGuesses
    throw error
  }
}

function decide(exchange: Exchange, decision: RateLimitDecision | null): Refusal {
  exchange.rateLimit = decision
  return decision === null || decision.isAllowed ? null : tooMany
}
