/** Bounds the bodies that are held in memory until they are complete, by client network and in all. */
import { AppError } from '../errors.ts'
import type { AdmissionControl } from '../limits/admission-control.ts'
import type { Holder, IncompleteBytes } from '../limits/incomplete-bytes.ts'
import type { BodyBound, BoundBody, Peer } from '../request/context.ts'

/** A body of up to so many bytes arrives at once, or holds less than its connection. */
export const freeBytes = 16 * 1024

const refusals = {
  network: ['too_many_requests', 'Too many incomplete bodies from this network.'],
  all: ['busy', 'The server has too many incomplete bodies.'],
} as const

export class HeldBodies implements BodyBound {
  readonly #incomplete: IncompleteBytes
  readonly #keysOf: AdmissionControl['keysOf']

  constructor(incomplete: IncompleteBytes, control: Pick<AdmissionControl, 'keysOf'>) {
    this.#incomplete = incomplete
    this.#keysOf = (who, peer) => control.keysOf(who, peer)
  }

  begin(peer: Peer | null): BoundBody {
    return new HeldBody(this.#incomplete, this.#keysOf(null, peer).at(-1) ?? null)
  }
}

/** One body. */
class HeldBody implements Holder, BoundBody {
  readonly network: string | null
  heldBytes = 0
  readonly refused: Promise<never>
  readonly #incomplete: IncompleteBytes
  readonly #refuse: (error: AppError) => void

  constructor(incomplete: IncompleteBytes, network: string | null) {
    const { promise, reject } = Promise.withResolvers<never>()
    promise.catch(() => {})
    this.refused = promise
    this.#refuse = reject
    this.#incomplete = incomplete
    this.network = network
  }

  hold(bytes: number): void {
    if (bytes > freeBytes) this.#incomplete.hold(this, bytes)
  }

  release(): void {
    if (this.heldBytes > 0) this.#incomplete.hold(this, 0)
  }

  end(tooMuchOf: keyof typeof refusals): void {
    const [code, message] = refusals[tooMuchOf]
    this.#refuse(new AppError(code, message, { headers: { Connection: 'close', 'Retry-After': '5' } }))
  }
}
