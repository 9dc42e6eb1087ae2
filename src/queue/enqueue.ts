/** Puts jobs into the queue, as steps of a write: a job exists if and only if its write happened. */
import { run } from '../database/steps.ts'
import { AppError } from '../errors.ts'
import type { SqlRow, Statement, Steps } from '../ports/database.ts'
import { changeBytesMax, keyLengthMax, payloadBytesMax, waitingJobsMax } from './limits.ts'
import { insertJob } from './store.ts'

/** The part of a declared job that enqueueing needs. */
export interface QueuedJob<Input> {
  name: string
  /**
   * Returns a payload as JSON. A property and no method, so that the compiler compares payloads strictly.
   * @throws TypeError for one that its schema refuses
   */
  readonly encode: (payload: Input) => string
}

export interface EnqueueOptions {
  /** The earliest time of the run, in milliseconds since 1970. Default: now. */
  at?: number
  /**
   * Jobs of one key run one at a time, and at most one of them waits: enqueueing replaces the payload and time of the one
   * that waits.
   */
  key?: string
}

/** The payload may be left out where the job has none. */
export type EnqueueArguments<Input> = undefined extends Input
  ? [payload?: Input, options?: EnqueueOptions]
  : [payload: Input, options?: EnqueueOptions]

/**
 * Makes the steps that enqueue a job; they return its id.
 * @throws TypeError for a payload that its schema refuses
 * @throws AppError `busy` while too many jobs wait
 */
export type Enqueue = <Input>(job: QueuedJob<Input>, ...given: EnqueueArguments<NoInfer<Input>>) => Steps<string>

export interface QueueOptions {
  now(): number
  newId(): string
  /** The names of the app's jobs. */
  names: ReadonlySet<string>
  /** Called after the commit with the time at which the job is due. */
  onDue(job: string, atMs: number): void
}

/** Enqueues, and knows about how many jobs wait. */
export class JobQueue {
  /** Jobs that wait or run, as far as this process knows. */
  waiting = 0
  readonly #options: QueueOptions
  readonly enqueue: Enqueue = (job, ...[payload, options = {}]) =>
    this.#adding(job.name, payloadText(job, payload), options)

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /**
   * Makes the statement that enqueues a job for the change of a row.
   * @throws AppError `body_too_large` for a change that is larger than `changeBytesMax`, because a client may cause it
   */
  forChange<Change>(job: QueuedJob<Change>, change: Change): Statement {
    const text = job.encode(change)
    if (isLonger(text, changeBytesMax))
      throw new AppError('body_too_large', `The row must not be larger than ${changeBytesMax} bytes with its change.`)
    return this.#insert(job.name, text, {})
  }

  *#adding(job: string, payload: string, options: EnqueueOptions): Steps<string> {
    const [row] = yield* run(this.#insert(job, payload, options))
    return String(row?.id)
  }

  #insert(job: string, payload: string, { at, key }: EnqueueOptions): Statement {
    const { now, newId, names, onDue } = this.#options
    if (!names.has(job)) throw new TypeError(`The app has no job ${job}: add it to the jobs of createApp.`)
    checkTime(job, at)
    checkKey(job, key)
    if (this.waiting >= waitingJobsMax) throw new AppError('busy', 'Too many jobs wait. Try again later.')
    const nowMs = now()
    const id = newId()
    const dueAt = at ?? nowMs
    const afterCommit = (rows: readonly SqlRow[]) => {
      if (rows[0]?.id === id) this.waiting += 1
      onDue(job, dueAt)
    }
    return { ...insertJob({ id, job, key: key ?? null, payload, dueAt, createdAt: nowMs }), afterCommit }
  }
}

/** Returns the payload as JSON. @throws TypeError for one that its schema refuses, or that is too large */
export function payloadText<Input>(job: QueuedJob<Input>, payload: Input | undefined): string {
  // It is left out only where it may be undefined; see `EnqueueArguments`.
  const text = job.encode(payload as Input)
  if (!isLonger(text, payloadBytesMax)) return text
  throw new TypeError(`The payload of the job ${job.name} is larger than ${payloadBytesMax} bytes: name a row instead.`)
}

function isLonger(text: string, bytesMax: number): boolean {
  return text.length > bytesMax || (text.length > bytesMax / 3 && new TextEncoder().encode(text).byteLength > bytesMax)
}

function checkTime(job: string, at: number | undefined): void {
  if (at === undefined || (Number.isSafeInteger(at) && at >= 0)) return
  throw new TypeError(`The time of the job ${job} must be whole milliseconds since 1970.`)
}

/** A key that begins with `@` is Galley's own. */
function checkKey(job: string, key: string | undefined): void {
  if (key === undefined || (key !== '' && key.length <= keyLengthMax && !key.startsWith('@'))) return
  throw new TypeError(`A key of the job ${job} must have 1 to ${keyLengthMax} characters, and not begin with @.`)
}
