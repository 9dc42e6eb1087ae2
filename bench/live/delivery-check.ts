/** Checks that every message of a chat room reached every member once. */
import { setTimeout as sleep } from 'node:timers/promises'

export const roomSize = 6
/** A message is its number and the time, with this many digits each, and some words. */
const mark = '@@'
const digits = 12
const words = 'Shall we meet at the harbour at seven, as we did last week?'

/** Counts the messages sent to each room and received by each member. */
export class DeliveryCheck {
  readonly latenciesMs: number[] = []
  #written = 0
  /** By room and by member: the sum of the numbers of the messages, and how many. */
  readonly #sent: Float64Array
  readonly #sums: Float64Array
  readonly #counts: Uint32Array
  readonly #heard: Uint32Array

  constructor(members: number) {
    this.#sent = new Float64Array(Math.ceil(members / roomSize))
    this.#counts = new Uint32Array(this.#sent.length)
    this.#sums = new Float64Array(members)
    this.#heard = new Uint32Array(members)
  }

  write(member: number): string {
    const room = Math.floor(member / roomSize)
    this.#written += 1
    this.#sent[room] = (this.#sent[room] as number) + this.#written
    this.#counts[room] = (this.#counts[room] as number) + 1
    const micros = Math.round(performance.now() * 1000)
    return mark + String(this.#written).padStart(digits, '0') + String(micros).padStart(digits, '0') + words
  }

  received(member: number, bytes: Buffer, from: number): void {
    const now = performance.now()
    const at = bytes.indexOf(mark, from) + mark.length
    const number = Number(bytes.toString('latin1', at, at + digits))
    const micros = Number(bytes.toString('latin1', at + digits, at + 2 * digits))
    this.latenciesMs.push(now - micros / 1000)
    this.#sums[member] = (this.#sums[member] as number) + number
    this.#heard[member] = (this.#heard[member] as number) + 1
  }

  /** Waits until every message is delivered. @throws Error when that does not come about, or is too much */
  async allDelivered(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    while (!this.#isEven()) {
      if (performance.now() > deadline) throw new Error('Messages were lost or repeated.')
      await sleep(5)
    }
  }

  #isEven(): boolean {
    return this.#sums.every((sum, member) => {
      const room = Math.floor(member / roomSize)
      return sum === this.#sent[room] && this.#heard[member] === this.#counts[room]
    })
  }
}
