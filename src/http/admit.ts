/**
 * Admission: what happens to a request before its route.
 *
 * | step | refuses with |
 * |---|---|
 * | load shedding (`shed`), before anything is spent on the request | `busy` |
 * | the client's address, through trusted proxies | `bad_request` |
 * | `Host`, except of `/health/` | `bad_request`, `misdirected_request` |
 * | requests from other sites | `cross_site` |
 * | identity | `unauthorized`; `too_many_requests` after many wrong tokens |
 * | rate limit | `too_many_requests` |
 *
 * After many refusals in a row over the rate limit an HTTP connection is closed.
 */
import { AppError } from '../errors.ts'
import { type AdmissionControl, isUrgent } from '../limits/admission-control.ts'
import type { RateLimitDecision } from '../limits/decisions.ts'
import type { Shedding } from '../limits/overload.ts'
import { RefusalCounts } from '../limits/refusals.ts'
import { andThen } from '../ports/database.ts'
import type { Settings } from '../ports/platform.ts'
import { createClientPeer, parseRanges } from '../request/client-address.ts'
import type { AdmittedPeer, Peer } from '../request/context.ts'
import type { Identities, Identity } from '../request/identity.ts'
import { bodyUnits } from './charged-body.ts'
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
  readonly #refusals = new RefusalCounts()
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

  /**
   * Refuses requests while the server is overloaded, but no health checks and administrators; those of clients near their
   * rate limit first. Never throws.
   */
  shed(request: Request, peer: Peer | null, identity: Identity | null | undefined): Refusal | Promise<Refusal> {
    const { shedding } = this.#control
    if (shedding === 'none' || isHealthCheck(request)) return null
    const connection = identity === undefined ? peer : null
    try {
      const client = peer === null ? null : this.#clientPeer(request, peer)
      const known = identity === undefined ? this.#identify(request) : identity
      const refusal = andThen(known, (who) => this.#shedFrom(who, client, shedding, connection))
      return refusal instanceof Promise ? refusal.catch(() => busy) : refusal
    } catch {
      return busy
    }
  }

  /** @param connection null for a request in a message */
  #shedFrom(
    identity: Identity | null,
    client: Peer | null,
    shedding: Shedding,
    connection: Peer | null,
  ): Refusal | Promise<Refusal> {
    if (isUrgent(identity)) return null
    return andThen(this.#control.isHeavy(identity, client), (isHeavy) => {
      if (isHeavy) return this.#cutIfLast(busy, client, connection)
      return shedding === 'all' ? busy : null
    })
  }

  /**
   * Runs the steps in order, and stores the client's identity in the context.
   * @throws AppError and whatever the database throws
   */
  admit(exchange: Exchange): Refusal | Promise<Refusal> {
    const { request, context } = exchange
    if (exchange.peer !== null) context.peer = this.#clientPeer(request, exchange.peer)
    if (!isHealthCheck(request)) this.#check(request)
    try {
      const identity = exchange.identity === undefined ? this.#identify(request) : exchange.identity
      if (!(identity instanceof Promise)) return this.#enter(exchange, identity)
      return identity.then(
        (known) => this.#enter(exchange, known),
        (error) => this.#fail(exchange, error),
      )
    } catch (error) {
      return this.#fail(exchange, error)
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
    const units = context.isMessage ? 1 : 1 + bodyUnits(exchange.request)
    const decision = this.#control.take(identity, context.peer, units)
    return andThen(decision, (later) => this.#decide(exchange, later))
  }

  #decide(exchange: Exchange, decision: RateLimitDecision | null): Refusal {
    exchange.rateLimit = decision
    return decision === null || decision.isAllowed ? null : this.#refuse(exchange, tooMany)
  }

  #refuse({ context, peer }: Exchange, error: AppError): AppError {
    return this.#cutIfLast(error, context.peer, context.isMessage ? null : peer)
  }

  /** Adds `Connection: close` to the last refusal of a connection. Connections of proxies have many clients, and stay. */
  #cutIfLast(error: AppError, client: Peer | null, connection: Peer | null): AppError {
    if (connection === null || client !== connection) return error
    if (!this.#refusals.isLast(connection, this.#control.nowMs)) return error
    return new AppError(error.code, error.message, { headers: { ...error.headers, Connection: 'close' } })
  }

  /** Charges a wrong token to its client, which is refused without a database read after too many. */
  #fail(exchange: Exchange, error: unknown): never {
    const decision = isUnauthorized(error) ? this.#control.take(null, exchange.context.peer, guessUnits) : null
    const isOver = decision !== null && !(decision instanceof Promise) && !decision.isAllowed
    throw isOver ? this.#refuse(exchange, tooManyGuesses) : error
  }
}
