import { unitBytes } from '../limits/costs.ts'
import type { Holder } from '../limits/incomplete-bytes.ts'
import type { Caller } from './caller.ts'
import type { CloseCode } from './close-codes.ts'
import type { Heartbeat } from './heartbeats.ts'
import type { ConnectionHost } from './host.ts'
import { freeValuesMax, unitValues } from './limits.ts'

type End = (code: CloseCode, reason: string) => void

const incompleteCloses = {
  network: [1008, 'Too many incomplete messages from this network.'],
  all: [1013, 'The server has too many incomplete messages.'],
} as const

/** The incoming side of one connection: charges the peer, bounds its incomplete message, and watches its signs of life. */
export class Incoming {
  readonly end: End
  readonly #holder: Holder
  readonly #host: ConnectionHost
  readonly #caller: Caller
  readonly #heartbeat: Heartbeat | null

  constructor(host: ConnectionHost, caller: Caller, { ping, end }: { ping(): void; end: End }) {
    this.#host = host
    this.#caller = caller
    this.end = end
    this.#holder = {
      network: caller.network,
      heldBytes: 0,
      end(tooMuchOf) {
        const [code, reason] = incompleteCloses[tooMuchOf]
        end(code, reason)
      },
    }
    this.#heartbeat = host.heartbeats?.add({ ask: ping, giveUp: () => this.#giveUp() }) ?? null
  }

  charge(frames: number, bytes: number): void {
    if (!this.#caller.maySend(frames, bytes / unitBytes)) this.end(1008, 'Too many messages.')
  }

  /** Charges the values of a message, or of a response that is encoded for the peer alone. */
  chargeValues(values: number): void {
    if (values > freeValuesMax && !this.#caller.maySend(0, values / unitValues)) this.end(1008, 'Too many messages.')
  }

  /**
   * Notes the bytes of an incomplete message, 0 for none. Its first byte is a sign of life, and from then on only its end
   * is another, so that a message has two heartbeats of time.
   */
  hold(bytes: number): void {
    if (this.#holder.heldBytes === 0 && bytes > 0) this.#heartbeat?.heard()
    this.#host.incompleteBytes.hold(this.#holder, bytes)
  }

  /** Notes a complete message. */
  completed(): void {
    this.#heartbeat?.heard()
  }

  /** Notes a sign of life that is not a message. */
  heard(): void {
    if (this.#holder.heldBytes === 0) this.#heartbeat?.heard()
  }

  close(): void {
    this.#host.incompleteBytes.hold(this.#holder, 0)
    if (this.#heartbeat !== null) this.#host.heartbeats?.remove(this.#heartbeat)
  }

  #giveUp(): void {
    if (this.#holder.heldBytes > 0) this.end(4408, 'A message was not complete within two heartbeats.')
    else this.end(4408, 'The peer was silent for two heartbeats.')
  }
}
