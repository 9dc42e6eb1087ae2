/**
 * One timer for many entries that wait: it runs while anything waits, and once a tick it runs the entries that are due.
 * Time is counted in ticks and not read from a clock, so that adding an entry costs no more than a Map entry, and a
 * process that was suspended finds nobody late before it has read the input that arrived meanwhile.
 */
export class Sweep<Entry> {
  /** The tick at which each entry is due. */
  readonly #due = new Map<Entry, number>()
  readonly #tickMs: number
  readonly #run: (entry: Entry) => void
  #timer: ReturnType<typeof setInterval> | undefined
  #tick = 0

  constructor(tickMs: number, run: (entry: Entry) => void) {
    this.#tickMs = tickMs
    this.#run = run
  }

  /** Ticks since the beginning; stands still while nothing waits. */
  get tick(): number {
    return this.#tick
  }

  /** Runs the entry once, `ticks` ticks from now; the first of them may be cut short. A repeated call moves it. */
  add(entry: Entry, ticks: number): void {
    this.#due.set(entry, this.#tick + ticks)
    this.#timer ??= setInterval(() => this.#turn(), this.#tickMs)
  }

  /** Returns whether the entry was still waiting. */
  delete(entry: Entry): boolean {
    return this.#due.delete(entry)
  }

  #turn(): void {
    this.#tick += 1
    for (const [entry, tick] of this.#due) {
      if (tick > this.#tick) continue
      this.#due.delete(entry)
      this.#run(entry)
    }
    if (this.#due.size > 0) return
    // Not in `delete`: a server with one request at a time would start and stop a timer for each.
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
