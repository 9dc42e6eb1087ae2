/** The lanes of a process: one for each declared job, and for each of Galley's own that is there. */
import type { AnyJob } from './job.ts'
import { Lane } from './lane.ts'

/** True for a job of Galley's own that stands for a stored row; its name has a colon, and its bounds are its own. */
export function isUndeclared(name: string): boolean {
  return name.includes(':')
}

export class Lanes {
  readonly #lanes: Map<string, Lane>
  readonly #jobOf: (name: string) => AnyJob | null

  /** @param jobOf makes the job of a name that is not declared; null for none */
  constructor(jobs: readonly AnyJob[], jobOf: (name: string) => AnyJob | null = () => null) {
    this.#lanes = new Map(jobs.map((job) => [job.name, new Lane(job)]))
    this.#jobOf = jobOf
  }

  all(): Lane[] {
    return [...this.#lanes.values()]
  }

  of(name: string): Lane | undefined {
    const known = this.#lanes.get(name)
    const job = known === undefined && isUndeclared(name) ? this.#jobOf(name) : null
    if (job === null) return known
    const lane = new Lane(job)
    this.#lanes.set(name, lane)
    return lane
  }

  /** Makes lanes for the undeclared jobs that are there, and drops those of others that have nothing to do. */
  keepUndeclared(names: ReadonlySet<string>, nowMs: number): void {
    for (const name of names) this.of(name)
    for (const [name, { held, dueMs }] of this.#lanes) {
      if (isUndeclared(name) && !names.has(name) && held === 0 && dueMs > nowMs) this.#lanes.delete(name)
    }
  }
}
