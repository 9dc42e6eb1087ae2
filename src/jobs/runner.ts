/**
 * Runs the jobs of an app. One loop claims jobs and stores outcomes, both in one write, while runs go on beside it. It ends
 * when there is nothing to do until a later time, for which it asks the scheduler.
 *
 * A claimed job is leased: another process takes it over once its lease has expired, which this one renews while it lives.
 */
import { run } from '../database/steps.ts'
import type { SqlRow } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import { createTimerScheduler, type Scheduler } from '../ports/scheduler.ts'
import type { JobQueue } from '../queue/enqueue.ts'
import { deadLettersMax } from '../queue/limits.ts'
import { countJobs, expireLeases, undeclaredNames } from '../queue/store.ts'
import { type ClaimedJob, claimedJobOf, runAttempt, type SharedContext } from './attempt.ts'
import type { AnyJob } from './job.ts'
import type { Lane } from './lane.ts'
import { isUndeclared, Lanes } from './lanes.ts'
import { createJobMetrics, type JobMetrics } from './metrics.ts'
import { type Ended, logOutcome, lostOutcome, type Outcome, outcomeOf } from './outcome.ts'
import { syncSchedules } from './schedules.ts'
import { type Claim, turnSteps } from './turn.ts'

const renewMs = 3000
/** How often jobs of other processes on the same file are looked for. A runtime with a scheduler of its own has no others. */
const pollMs = 30_000
/** After an error of the database. */
const retryMs = 1000
/** Outcomes that are stored in one write. */
const endedMax = 512
/** When the server stops, runs may take this long to finish. Those that do not are aborted and given back. */
const stopGraceMs = 8000
/** The time for an aborted run to end before its job is given back. */
const stopAbortMs = 1000

export interface RunnerOptions {
  jobs: readonly AnyJob[]
  platform: Pick<Platform, 'database' | 'now' | 'random' | 'log' | 'metrics' | 'scheduler' | 'ownsDatabase'>
  queue: JobQueue
  shared: SharedContext
  newId(): string
  /** Makes the job of a name that is not declared, because it stands for a stored row; null for none. */
  jobOf?: ((name: string) => AnyJob | null) | undefined
}

export class Runner {
  readonly #options: RunnerOptions
  readonly #lanes: Lanes
  readonly #scheduler: Scheduler
  readonly #owner: string
  readonly #metrics: JobMetrics
  #ended: Ended[] = []
  #loop: Promise<void> | null = null
  #isStopping = false
  #renewedMs = Number.NEGATIVE_INFINITY
  /** Ends the pause of the loop. */
  #resume = () => {}

  constructor(options: RunnerOptions) {
    const { platform, jobs, jobOf, newId, queue } = options
    this.#options = options
    this.#lanes = new Lanes(jobs, jobOf)
    this.#scheduler = platform.scheduler ?? createTimerScheduler(platform.now)
    this.#owner = newId()
    this.#metrics = createJobMetrics(platform.metrics, queue, () => this.#running)
  }

  /** Begins to run jobs. The tables must exist. */
  async start(): Promise<void> {
    const { jobs, platform, newId } = this.#options
    const nowMs = platform.now()
    await platform.database.write(function* () {
      yield* syncSchedules(jobs, nowMs, newId)
      if (platform.ownsDatabase) yield* run(expireLeases())
    })
    await this.count()
    this.#scheduler.listen(() => this.run())
    this.#scheduler.wakeAt(nowMs)
  }

  /** Counts what waits and what is dead. */
  async count(): Promise<void> {
    const { database, now } = this.#options.platform
    const rows = await database.read(countJobs())
    const of = (state: string) => Number(rows.find((row) => row.state === state)?.count ?? 0)
    this.#options.queue.waiting = of('waiting') + of('running')
    this.#metrics.dead = of('dead')
    const names = await database.read(undeclaredNames())
    this.#lanes.keepUndeclared(new Set(names.map(({ job }) => String(job))), now())
  }

  /** Corrects the counts after a change by others. */
  changeCounts({ waiting, dead }: { waiting: number; dead: number }): void {
    this.#options.queue.waiting += waiting
    this.#metrics.dead += dead
  }

  /** Runs all jobs that are due, and those that become due meanwhile. */
  run(): Promise<void> {
    this.#resume()
    this.#loop ??= this.#work().finally(() => {
      this.#loop = null
    })
    return this.#loop
  }

  /** To be called when a job was enqueued. */
  notice(job: string, atMs: number): void {
    this.#lanes.of(job)?.lookAt(atMs)
    if (this.#isStopping) return
    if (this.#loop === null) this.#scheduler.wakeAt(atMs)
    else this.#resume()
  }

  /** Stops claiming. Runs that do not finish in time are aborted, and their jobs given back. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#scheduler.close()
    for (const { claimed, job } of this.#lanes.all()) {
      for (const each of claimed.splice(0)) this.#ended.push({ job, claimed: each, outcome: { kind: 'returned' } })
    }
    const abort = setTimeout(() => this.#abortAll(), stopGraceMs)
    const abandon = setTimeout(() => this.#returnAll(), stopGraceMs + stopAbortMs)
    await this.run()
    clearTimeout(abort)
    clearTimeout(abandon)
  }

  get #running(): number {
    return this.#lanes.all().reduce((sum, { running }) => sum + running.size, 0)
  }

  async #work(): Promise<void> {
    for (;;) {
      const pause = Promise.withResolvers<void>()
      this.#resume = pause.resolve
      const isStored = await this.#turn().then(
        () => true,
        (error) => {
          this.#options.platform.log.problem({ error })
          return false
        },
      )
      const nextMs = isStored ? this.#nextMs() : this.#options.platform.now() + retryMs
      const isIdle = this.#ended.length === 0 && this.#lanes.all().every(({ held }) => held === 0)
      if (isIdle && this.#isStopping) return
      const waitMs = nextMs - this.#options.platform.now()
      if (isIdle && waitMs > 0) {
        if (nextMs < Number.POSITIVE_INFINITY) this.#scheduler.wakeAt(nextMs)
        return
      }
      if (waitMs > 0) await this.#pause(pause.promise, waitMs)
    }
  }

  async #pause(resumed: Promise<void>, ms: number): Promise<void> {
    const timer = setTimeout(this.#resume, Math.min(ms, renewMs))
    await resumed
    clearTimeout(timer)
  }

  /** The time at which the loop has something to do, if nothing happens before. */
  #nextMs(): number {
    if (this.#ended.length > 0) return Number.NEGATIVE_INFINITY
    if (this.#isStopping) return Number.POSITIVE_INFINITY
    return Math.min(...this.#lanes.all().map(({ dueMs, room }) => (room > 0 ? dueMs : Number.POSITIVE_INFINITY)))
  }

  /** Stores outcomes, renews leases, and claims jobs that are due, in one write. */
  async #turn(): Promise<void> {
    const { database, now } = this.#options.platform
    const nowMs = now()
    const ended = this.#ended.slice(0, endedMax)
    const lanes = this.#isStopping ? [] : this.#lanes.all().filter(({ dueMs, room }) => dueMs <= nowMs && room > 0)
    const isRenewing = nowMs >= this.#renewedMs + renewMs || nowMs < this.#renewedMs
    if (ended.length === 0 && lanes.length === 0 && !isRenewing) return
    const turn = { owner: this.#owner, newId: this.#options.newId }
    const plans = lanes.map((lane) => ({ lane, room: lane.room }))
    // Jobs that are enqueued during the write set it anew.
    for (const lane of lanes) lane.dueMs = Number.POSITIVE_INFINITY
    try {
      const { claims, leased } = await database.write(() => turnSteps({ ...turn, ended, plans, nowMs, isRenewing }))
      this.#ended.splice(0, ended.length)
      for (const each of ended) this.#settled(each)
      if (leased !== null) this.#renewed(leased, nowMs)
      for (const claim of claims) this.#claimed(claim, nowMs)
    } catch (error) {
      for (const lane of lanes) lane.lookAt(nowMs + retryMs)
      throw error
    }
  }

  #claimed({ lane, rows, nextMs }: Claim, nowMs: number): void {
    const pollAtMs = this.#options.platform.scheduler === undefined ? nowMs + pollMs : Number.POSITIVE_INFINITY
    lane.lookAt(Math.min(nextMs ?? Number.POSITIVE_INFINITY, pollAtMs))
    for (const row of rows) {
      const claimed = claimedJobOf(row)
      const lost = lostOutcome(claimed)
      if (lost === null) lane.claimed.push(claimed)
      else this.#end(lane, claimed, lost)
    }
    this.#begin(lane)
  }

  /** Aborts what another process has taken over, and gives back what a write of unknown outcome has claimed. */
  #renewed(leased: readonly SqlRow[], nowMs: number): void {
    this.#renewedMs = nowMs
    const ids = new Set(leased.map(({ id }) => String(id)))
    for (const lane of this.#lanes.all()) {
      for (const [{ id }, controller] of lane.running) {
        if (!ids.delete(id)) controller.abort(new Error('Another process has taken the job over.'))
      }
      const kept = lane.claimed.splice(0).filter(({ id }) => ids.delete(id))
      lane.claimed.push(...kept)
    }
    for (const { claimed } of this.#ended) ids.delete(claimed.id)
    for (const id of ids) this.#giveBack(id)
  }

  #giveBack(id: string): void {
    const [lane] = this.#lanes.all()
    if (lane === undefined) return
    const claimed = { id, key: null, payload: 'null', attempt: 0, losses: 0 }
    this.#ended.push({ job: lane.job, claimed, outcome: { kind: 'returned' } })
  }

  #begin(lane: Lane): void {
    while (lane.running.size < lane.job.concurrency) {
      const claimed = lane.claimed.shift()
      if (claimed === undefined) return
      const controller = new AbortController()
      lane.running.set(claimed, controller)
      void this.#attempt(lane, claimed, controller)
    }
  }

  async #attempt(lane: Lane, claimed: ClaimedJob, controller: AbortController): Promise<void> {
    const startMs = performance.now()
    let outcome: Outcome = { kind: 'done' }
    try {
      await runAttempt(lane.job, claimed, this.#options.shared, controller)
    } catch (error) {
      outcome = this.#outcomeOf(error, lane.job, claimed, controller.signal)
    }
    const ms = performance.now() - startMs
    lane.ran(ms)
    // Else the server has stopped waiting for it.
    if (!lane.running.delete(claimed)) return
    this.#metrics.ran(lane.job.name, outcome.kind, ms)
    this.#end(lane, claimed, outcome)
    this.#begin(lane)
  }

  #outcomeOf(error: unknown, job: AnyJob, claimed: ClaimedJob, signal: AbortSignal): Outcome {
    // Whatever error a run makes of it.
    if (signal.reason instanceof StopError) return { kind: 'returned' }
    const { now, random } = this.#options.platform
    const [byte = 0] = random(new Uint8Array(1))
    return outcomeOf(error, job, claimed, now(), byte / 256)
  }

  #end(lane: Lane, claimed: ClaimedJob, outcome: Outcome): void {
    logOutcome(this.#options.platform.log, lane.job, claimed, outcome)
    this.#ended.push({ job: lane.job, claimed, outcome })
    this.#resume()
  }

  /** Looks again for jobs after an outcome is stored. */
  #settled({ job, claimed, outcome }: Ended): void {
    const lane = this.#lanes.of(job.name)
    if (outcome.kind === 'failed') lane?.lookAt(outcome.dueAt)
    if (outcome.kind === 'dead' && !isUndeclared(job.name))
      this.#metrics.dead = Math.min(this.#metrics.dead + 1, deadLettersMax)
    const isOver = outcome.kind === 'done' || outcome.kind === 'dead'
    if (isOver && !isUndeclared(job.name)) this.#options.queue.waiting -= 1
    if (claimed.key !== null) lane?.lookAt(Number.NEGATIVE_INFINITY)
  }

  #abortAll(): void {
    for (const lane of this.#lanes.all())
      for (const controller of lane.running.values()) controller.abort(new StopError())
  }

  #returnAll(): void {
    for (const lane of this.#lanes.all()) {
      for (const claimed of lane.running.keys()) {
        lane.running.delete(claimed)
        this.#end(lane, claimed, { kind: 'returned' })
      }
    }
  }
}

class StopError extends Error {
  override readonly message = 'The server stops.'
}
