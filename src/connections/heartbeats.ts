/**
 * Heartbeats of all sessions by one timer wheel: an interval that runs while there is any session, and a slot for
 * each of its ticks. Hearing something costs one assignment; a session is looked at once in a heartbeat. Time is
 * counted in ticks and not read from a clock, so that a process that stood still takes nobody for dead whose
 * messages wait to be read.
 */

/** A wheel turns once a second, or oftener where the heartbeat is so short that this would be coarse. */
const tickMsMax = 1000
const ticksMin = 4

/** In place of a slot: one that is removed while its slot is looked through is not looked at. */
const removed = -1

/** One who must be heard of. */
export interface Beating {
  /** It has been quiet for a heartbeat. */
  ask(): void
  /** It has been quiet for two. */
  giveUp(): void
}

/** When one was last heard. */
export class Heartbeat {
  readonly owner: Beating
  readonly #wheel: Heartbeats
  lastTick: number
  slot = 0

  constructor(owner: Beating, wheel: Heartbeats) {
    this.owner = owner
    this.#wheel = wheel
    this.lastTick = wheel.tick
  }

  heard(): void {
    this.lastTick = this.#wheel.tick
  }
}

export class Heartbeats {
  tick = 0
  readonly #tickMs: number
  /** A heartbeat in ticks. */
  readonly #ticks: number
  readonly #slots: Set<Heartbeat>[]
  #timer: ReturnType<typeof setInterval> | undefined
  #count = 0

  constructor(heartbeatMs: number) {
    this.#tickMs = Math.min(tickMsMax, heartbeatMs / ticksMin)
    this.#ticks = Math.ceil(heartbeatMs / this.#tickMs)
    this.#slots = Array.from({ length: this.#ticks + 1 }, () => new Set())
  }

  add(owner: Beating): Heartbeat {
    const pulse = new Heartbeat(owner, this)
    this.#schedule(pulse, this.#ticks)
    this.#count += 1
    this.#timer ??= setInterval(() => this.#turn(), this.#tickMs)
    return pulse
  }

  /** To be called once. */
  remove(pulse: Heartbeat): void {
    this.#slots[pulse.slot]?.delete(pulse)
    pulse.slot = removed
    this.#count -= 1
    if (this.#count > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #schedule(pulse: Heartbeat, ticks: number): void {
    pulse.slot = (this.tick + ticks) % this.#slots.length
    this.#slots[pulse.slot]?.add(pulse)
  }

  #turn(): void {
    this.tick += 1
    const slot = this.tick % this.#slots.length
    const due = this.#slots[slot] as Set<Heartbeat>
    this.#slots[slot] = new Set()
    for (const pulse of due) this.#look(pulse)
  }

  #look(pulse: Heartbeat): void {
    if (pulse.slot === removed) return
    const quiet = this.tick - pulse.lastTick
    if (quiet >= 2 * this.#ticks) pulse.owner.giveUp()
    else if (quiet < this.#ticks) this.#schedule(pulse, this.#ticks - quiet)
    else {
      this.#schedule(pulse, 2 * this.#ticks - quiet)
      pulse.owner.ask()
    }
  }
}
