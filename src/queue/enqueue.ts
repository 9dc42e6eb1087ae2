/** Puts jobs into the queue, as steps of a write: a job exists if and only if its write happened. */
import type { z } from '@hono/zod-openapi'
import { run } from '../database/steps.ts'
import { AppError } from '../errors.ts'
import type { SqlRow, Steps } from '../ports/database.ts'
import { keyLengthMax, payloadBytesMax, waitingJobsMax } from './limits.ts'
import { insertJob } from './store.ts'

/** The part of a declared job that its payload is checked by. */
export interface QueuedJob<Input> {
  name: string
  /** Null for a job without a payload. */
  payload: z.ZodType<unknown, Input> | null
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
    this.add(job.name, payloadText(job, payload), options)

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** The same for a payload that is JSON already. */
  *add(job: string, payload: string, { at, key }: EnqueueOptions): Steps<string> {
    const { now, newId, names, onDue } = this.#options
    if (!names.has(job)) throw new TypeError(`The app has no job ${job}: add it to the jobs of createApp.`)
    checkTime(job, at)
    checkKey(job, key)
    if (this.waiting >= waitingJobsMax) throw new AppError('busy', 'Too many jobs wait. Try again later.')
    const nowMs = now()
    const id = newId()
    const dueAt = at ?? nowMs
    const insert = insertJob({ id, job, key: key ?? null, payload, dueAt, createdAt: nowMs })
    const afterCommit = (rows: readonly SqlRow[]) => {
      if (rows[0]?.id === id) this.waiting += 1
      onDue(job, dueAt)
    }
    const [row] = yield* run({ ...insert, afterCommit })
    return String(row?.id)
  }
}

/** Returns the payload as JSON. @throws TypeError for one that its schema refuses, or that is too large */
export function payloadText<Input>(job: QueuedJob<Input>, payload: unknown): string {
  const result = job.payload?.safeParse(payload)
  if (result?.success === false) {
    throw new TypeError(`The payload of the job ${job.name} is invalid: ${result.error.message}`)
  }
  const text = JSON.stringify(payload ?? null)
  if (text.length > payloadBytesMax || new TextEncoder().encode(text).byteLength > payloadBytesMax)
    throw new TypeError(
      `The payload of the job ${job.name} is larger than ${payloadBytesMax} bytes: name a row instead.`,
    )
  return text
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
