/** An event loop in simulated time: timers, then all requests that are ready, one after the other. */
import { Overload, warmUpRequests } from '../../src/limits/overload.ts'

export interface Served {
  arrivedMs: number
  latencyMs: number
  isRefused: boolean
}

export interface LoopOptions {
  serveMs?: number
  refuseMs?: number
  /** True if it has served its first requests already. */
  isWarm?: boolean
}

const timerMs = 1

export class SimulatedLoop {
  readonly #serveMs: number
  readonly #refuseMs: number
  nowMs = 0
  timersSet = 0
  readonly served: Served[] = []
  readonly #timers: { dueMs: number; task: () => void }[] = []
  readonly overload = new Overload({
    now: () => this.nowMs,
    defer: (task) => {
      this.timersSet += 1
      this.#timers.push({ dueMs: this.nowMs + timerMs, task })
    },
  })

  constructor({ serveMs = 1, refuseMs = 0.01, isWarm = true }: LoopOptions = {}) {
    this.#serveMs = serveMs
    this.#refuseMs = refuseMs
    if (isWarm) this.#warmUp()
  }

  /** In no time. */
  #warmUp(): void {
    for (let n = 0; n < warmUpRequests; n += 1) this.overload.sheds(this.nowMs)
    this.nowMs = 10
    for (const { task } of this.#timers.splice(0)) task()
    for (const { task } of this.#timers.splice(0)) task()
    this.nowMs = 0
    this.timersSet = 0
  }

  /** Serves requests that arrive at these times, in order, until all have their response and all timers are done. */
  run(arrivals: readonly number[]): Served[] {
    const from = this.served.length
    let next = 0
    while (next < arrivals.length || this.#timers.length > 0) {
      this.#runTimers()
      const end = firstAfter(arrivals, next, this.nowMs)
      for (const arrivedMs of arrivals.slice(next, end)) this.serve(arrivedMs)
      if (next === end) this.#sleep(arrivals[next])
      next = end
    }
    return this.served.slice(from)
  }

  /** @param isHeavy true for a client that is near its rate limit */
  serve(arrivedMs = this.nowMs, serveMs = this.#serveMs, isHeavy = false): Served {
    const shedding = this.overload.sheds(this.nowMs)
    const isRefused = shedding === 'all' || (isHeavy && shedding === 'heavy')
    this.overload.note(isHeavy)
    this.nowMs += isRefused ? this.#refuseMs : serveMs
    const one = { arrivedMs, latencyMs: this.nowMs - arrivedMs, isRefused }
    this.served.push(one)
    return one
  }

  /** Ends the turn, and begins the next at once. */
  turn(): void {
    this.#sleep()
    this.#runTimers()
  }

  #sleep(arrivalMs = Number.POSITIVE_INFINITY): void {
    const [timer] = this.#timers
    const untilMs = Math.min(arrivalMs, timer?.dueMs ?? Number.POSITIVE_INFINITY)
    if (Number.isFinite(untilMs)) this.nowMs = Math.max(this.nowMs, untilMs)
  }

  #runTimers(): void {
    for (const timer of this.#timers.splice(0)) {
      if (timer.dueMs <= this.nowMs) timer.task()
      else this.#timers.push(timer)
    }
  }
}

function firstAfter(arrivals: readonly number[], from: number, ms: number): number {
  let index = from
  while ((arrivals[index] ?? Number.POSITIVE_INFINITY) <= ms) index += 1
  return index
}

/** Arrivals at a steady rate. */
export function steady(perSecond: number, seconds: number, fromMs = 0): number[] {
  return Array.from({ length: Math.round(perSecond * seconds) }, (_, n) => fromMs + (n * 1000) / perSecond)
}
