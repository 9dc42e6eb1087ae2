/**
 * Heartbeats of all connections: hearing from a peer costs one assignment, and each connection is looked at once in a
 * heartbeat.
 */
import { Sweep } from '../sweep.ts'

/** A tick is a second, or less where the heartbeat is so short that this would be coarse. */
const tickMsMax = 1000
const ticksMin = 4

/** The owner of a heartbeat. */
export interface Beating {
  /** Called after one heartbeat of silence. */
  ask(): void
  /** Called after two heartbeats of silence. */
  giveUp(): void
}

/** The time of a peer's last bytes. */
export class Heartbeat {
  readonly owner: Beating
  readonly #sweep: Sweep<Heartbeat>
  lastTick: number

  constructor(owner: Beating, sweep: Sweep<Heartbeat>) {
    this.owner = owner
    this.#sweep = sweep
    this.lastTick = sweep.tick
  }

  heard(): void {
    this.lastTick = this.#sweep.tick
  }
}

export class Heartbeats {
  readonly #sweep: Sweep<Heartbeat>
  /** The length of a heartbeat. */
  readonly #ticks: number

  constructor(heartbeatMs: number) {
    const tickMs = Math.min(tickMsMax, heartbeatMs / ticksMin)
    this.#ticks = Math.ceil(heartbeatMs / tickMs)
    this.#sweep = new Sweep(tickMs, (heartbeat) => this.#check(heartbeat))
  }

  add(owner: Beating): Heartbeat {
    const heartbeat = new Heartbeat(owner, this.#sweep)
    this.#sweep.add(heartbeat, this.#ticks)
    return heartbeat
  }

  remove(heartbeat: Heartbeat): void {
    this.#sweep.delete(heartbeat)
  }

  #check(heartbeat: Heartbeat): void {
    const silentTicks = this.#sweep.tick - heartbeat.lastTick
    if (silentTicks >= 2 * this.#ticks) heartbeat.owner.giveUp()
    else if (silentTicks < this.#ticks) this.#sweep.add(heartbeat, this.#ticks - silentTicks)
    else {
      this.#sweep.add(heartbeat, 2 * this.#ticks - silentTicks)
      heartbeat.owner.ask()
    }
  }
}
