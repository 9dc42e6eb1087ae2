/** A client of a real server that follows one topic, through all faults of the server. */
import type { Random } from '../contracts/notifier-random.ts'
import { Copy, type Position, type Row, type Start } from './copy.ts'
import type { Follower, Item, Open } from './followers.ts'
import type { Happened, History } from './history.ts'

/** Something received before the history is known. */
class Claims {
  #claims: [epoch: string, topic: string, offset: number, event: Happened][] = []

  expectEvent(...claim: [epoch: string, topic: string, offset: number, event: Happened]): void {
    this.#claims.push(claim)
  }

  verify(history: History): void {
    for (const claim of this.#claims) history.expectEvent(...claim)
    this.#claims = []
  }
}

export class LiveReader {
  readonly name: string
  readonly copy: Copy
  readonly #open: Open
  readonly #random: Random
  readonly #claims = new Claims()
  #line: Follower | null = null
  #waiting: (() => void) | null = null
  failure: unknown = null
  /** The number of times that it has disconnected by itself. */
  departures = 0

  constructor(name: string, open: Open, topic: string, random: Random) {
    this.name = `${name} ${topic}`
    this.#open = open
    this.#random = random
    // Nothing is trimmed here.
    this.copy = new Copy(topic, { history: this.#claims, epoch: () => '', oldest: () => 1 })
  }

  /** Fails unless all received events match the history. */
  verify(history: History): void {
    this.#claims.verify(history)
  }

  /** Follows until the server has exited; reconnects after disconnecting by itself. */
  async follow(url: string, isGone: () => boolean): Promise<void> {
    while (!isGone() && this.failure === null) {
      try {
        if (this.copy.position === null && this.copy.topic === 'todos') await this.#reload(url)
        this.#line = await this.#open(url, this.copy.topic, this.copy.position)
        await this.#read(url, this.#line)
      } catch (error) {
        // A broken connection is retried, a wrong event is not.
        if (error instanceof Error && error.name === 'AssertionError') this.failure = error
      } finally {
        this.#line?.close()
        this.#waiting?.()
      }
    }
  }

  async #read(url: string, line: Follower): Promise<void> {
    let left = this.#random.happens(50) ? 1 + this.#random.below(40) : Number.POSITIVE_INFINITY
    for await (const item of line.items) {
      if (!(await this.#take(url, item))) return
      if ('receive' in item) line.ack(item.receive.offset)
      this.#waiting?.()
      left -= 1
      if (left > 0) continue
      this.departures += 1
      return
    }
  }

  async #take(url: string, item: Item): Promise<boolean> {
    if ('receive' in item) this.copy.receive(item.receive)
    else if ('begin' in item) this.copy.begin(item.begin)
    else this.copy.leap(item.leap)
    const start = 'leap' in item ? item.leap : 'begin' in item ? item.begin : null
    if (start === null || start.recovered) return true
    await this.#reload(url, start)
    return this.copy.isOfOnePiece
  }

  async #reload(url: string, start?: Start): Promise<void> {
    if (this.copy.topic !== 'todos') {
      if (start) this.copy.reload(start.position)
      return
    }
    const rows: Row[] = []
    let first: Position | null = null
    for (let next: string | null = ''; next !== null; ) {
      const cursor: string = next && `&cursor=${next}`
      const response = await fetch(`${url}/api/todos?limit=1000${cursor}`)
      const page = (await response.json()) as { data: Row[]; next: string | null; position?: Position }
      first ??= page.position ?? null
      rows.push(...page.data)
      next = page.next
    }
    if (first) this.copy.reload(first, rows)
  }

  /** Resolves when it has reached a position, or can't any more. */
  async reached({ epoch, offset }: Position): Promise<void> {
    const isThere = () => this.copy.position?.epoch === epoch && this.copy.position.offset >= offset
    while (!isThere() && this.failure === null) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
  }

  leave(): void {
    this.#line?.close()
  }
}
