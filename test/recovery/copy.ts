/** A client's copy of a topic. It checks every event against the history. */
import assert from 'node:assert/strict'
import type { Happened, History } from './history.ts'

export interface Position {
  epoch: string
  offset: number
}

export interface LoggedEvent extends Happened {
  offset: number
}

export interface Start {
  position: Position
  recovered: boolean
  reason?: string | undefined
}

export interface Row {
  id: string
}

/** The truth that a reader is checked against. */
export interface Truth {
  history: Pick<History, 'expectEvent'>
  epoch(): string
  /** The oldest offset that can still be read. */
  oldest(topic: string): number
}

export class Copy {
  readonly topic: string
  readonly #truth: Truth
  readonly rows = new Map<string, Row>()
  position: Position | null = null
  gaps = 0
  /** The histories that gaps led to. A server that is killed before the state is loaded again reports its gap again. */
  readonly gapEpochs = new Set<string>()
  /** Up to the last event of the current connection. */
  #told: Position | null = null

  constructor(topic: string, truth: Truth) {
    this.topic = topic
    this.#truth = truth
  }

  /** A connection begins. */
  begin(start: Start): void {
    const { position } = this
    if (position !== null && start.recovered)
      assert.deepEqual(start.position, position, 'recovered, but at another position')
    if (!start.recovered) this.#checkGap(start, position)
    this.position ??= start.position
    this.#told = start.position
  }

  /** A gap that a connection reports. */
  leap(start: Start): void {
    assert.equal(start.recovered, false)
    this.#checkGap(start, this.#told)
    this.#told = start.position
  }

  /** True when the connection can continue from the loaded state, which may be of another epoch by now. */
  get isOfOnePiece(): boolean {
    return this.position?.epoch === this.#told?.epoch
  }

  /** A gap is correct only when an event after `known` is lost. */
  #checkGap({ reason, position }: Start, known: Position | null): void {
    this.gaps += 1
    this.gapEpochs.add(position.epoch)
    assert.ok(known, 'a gap without a requested position')
    if (reason === 'epoch') assert.notEqual(known.epoch, position.epoch, 'a gap of epochs that are the same')
    else if (reason !== 'trimmed') assert.fail(`a gap that can't be: ${reason}`)
    else if (known.epoch === this.#truth.epoch()) {
      assert.ok(known.offset + 1 < this.#truth.oldest(this.topic), `a gap although ${known.offset + 1} is still there`)
    }
  }

  /** The state was loaded anew, as it was at this position or later. */
  reload(position: Position, rows: readonly Row[] = []): void {
    this.position = position
    this.rows.clear()
    for (const row of rows) this.rows.set(row.id, row)
  }

  receive(event: LoggedEvent): void {
    const { topic, position } = this
    assert.ok(position !== null && this.#told !== null, 'an event before the start')
    const { epoch, offset } = this.#told
    assert.equal(event.offset, offset + 1, `${topic} ${epoch}: lost, repeated or out of order after ${offset}`)
    this.#truth.history.expectEvent(epoch, topic, event.offset, { type: event.type, data: event.data })
    this.#told = { epoch, offset: event.offset }
    // Events from before the list was read are in the list.
    if (event.offset <= position.offset) return
    assert.deepEqual(position, { epoch, offset }, `${topic}: the copy has another position`)
    this.position = this.#told
    this.#apply(event)
  }

  #apply({ type, data }: LoggedEvent): void {
    const row = data as Row | null
    // An event of a row that was changed since has no data; the change follows.
    if (this.topic !== 'todos' || row === null) return
    if (type === 'deleted') this.rows.delete(row.id)
    else this.rows.set(row.id, row)
  }
}
