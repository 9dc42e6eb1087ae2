/** The runs of one job, as far as this process has them. */
import type { ClaimedJob } from './attempt.ts'
import type { AnyJob } from './job.ts'

/** Jobs of quick runs that are claimed at a time. */
const batchMax = 256
/** A run of this time or less is quick. */
const quickMs = 10
/** The share of the newest run in the average. */
const newestShare = 0.1

export class Lane {
  readonly job: AnyJob
  /** Claimed jobs that have not begun. */
  readonly claimed: ClaimedJob[] = []
  /** The signals of those that run. */
  readonly running = new Map<ClaimedJob, AbortController>()
  /** When to look for jobs. */
  dueMs = Number.NEGATIVE_INFINITY
  #averageMs = quickMs

  constructor(job: AnyJob) {
    this.job = job
  }

  /** The number of jobs to claim. Jobs of longer runs are left to other processes until there is room. */
  get room(): number {
    const { held } = this
    const max = this.#averageMs < quickMs ? Math.max(batchMax, this.job.concurrency) : this.job.concurrency
    // Half of a batch at least where runs are quick, so that a write is worth it.
    return max > this.job.concurrency && held > max / 2 ? 0 : max - held
  }

  get held(): number {
    return this.claimed.length + this.running.size
  }

  ran(ms: number): void {
    this.#averageMs += (ms - this.#averageMs) * newestShare
  }

  /** Looks for jobs at that time, or earlier where that is planned. */
  lookAt(atMs: number): void {
    this.dueMs = Math.min(this.dueMs, atMs)
  }
}
