/** The declaration of a job: work that runs outside a request, durably. */
import type { z } from '@hono/zod-openapi'
import type { Collection, Rows } from '../collections/declaration.ts'
import type { Fields } from '../collections/field.ts'
import type { As } from '../collections/local-client.ts'
import type { Database } from '../ports/database.ts'
import type { Log } from '../ports/log.ts'
import type { Mailer } from '../ports/mailer.ts'
import type { Enqueue, QueuedJob } from '../queue/enqueue.ts'
import { type Every, parseSchedule, type Schedule } from './schedule.ts'

/** The parts of an app that a run of a job works with. */
export interface JobContext<Payload> {
  payload: Payload
  /** Aborts when the run takes too long, when the server stops, or when another process has taken the job over. */
  signal: AbortSignal
  /** 1 in the first run, and one more after each failure. */
  attempt: number
  /** The same in each attempt, as a key for systems that keep a request from having its effect twice. */
  id: string
  log: Log
  /** Null where the platform has no accounts. */
  mailer: Mailer | null
  database: Database
  /** Milliseconds since 1970. */
  now(): number
  /** The rows of a collection. */
  rows<F extends Fields>(collection: Collection<string, F>): Rows<F>
  /** Acts on somebody's behalf, with rules and hooks. */
  as: As
  /** Enqueues a job as steps of a write. */
  enqueue: Enqueue
}

export type RunJob<Payload> = (context: JobContext<Payload>) => unknown

/** The delay before attempt n + 1: `firstMs` doubled n - 1 times, at most `maxMs`, less a random part of up to a half. */
export interface Backoff {
  firstMs: number
  maxMs: number
}

export interface JobOptions<S extends z.ZodType = z.ZodUndefined> {
  /** The zod schema of the payload; without it there is none. */
  payload?: S
  /** Runs it at these intervals, such as `1 minute`, counted from 1970 in UTC. */
  every?: Every
  /** Runs it at these times: five fields, or six with seconds. */
  cron?: string
  /** The IANA time zone of `cron`, such as `Europe/Vienna`. Default: UTC. */
  timeZone?: string
  /** Attempts after the first before it is a dead letter. Default: 10. */
  retries?: number
  /** Default: from one second to an hour. */
  backoff?: Partial<Backoff>
  /** Runs at a time, of each process that serves the data. Default: 10. */
  concurrency?: number
  /** The time after which a run is aborted and counts as failed. Default: a minute. */
  timeoutMs?: number
}

/** A declared job. */
export interface Job<Input = unknown, Output = unknown> extends QueuedJob<Input> {
  payload: z.ZodType | null
  schedule: Schedule | null
  retries: number
  backoff: Backoff
  concurrency: number
  timeoutMs: number
  run: RunJob<Output>
}

// biome-ignore lint/suspicious/noExplicitAny: a job of any payload; it stands in both positions.
export type AnyJob = Job<any, any>

const namePattern = /^[a-z][a-zA-Z0-9_-]{0,39}$/
const retriesMax = 100
const concurrencyMax = 1000
const backoffMsMax = 7 * 24 * 3_600_000
const timeoutMsMax = 24 * 3_600_000

/**
 * Declares a job: work that is kept in the database until it is done. It runs at least once; after a failure again.
 * @throws TypeError for an invalid name, schedule or bound
 */
export function job<S extends z.ZodType = z.ZodUndefined>(
  name: string,
  options: JobOptions<S>,
  run: RunJob<z.output<S>>,
): Job<z.input<S>, z.output<S>> {
  if (!namePattern.test(name))
    throw new TypeError(`The job name ${JSON.stringify(name)} must be like remind: ${namePattern}.`)
  const { payload = null, retries = 10, concurrency = 10, timeoutMs = 60_000 } = options
  const { firstMs = 1000, maxMs = 3_600_000 } = options.backoff ?? {}
  const schedule = parseSchedule(name, options)
  if (schedule !== null && payload?.safeParse(undefined).success === false)
    throw new TypeError(`The job ${name} has a schedule, so its payload must be optional.`)
  check(name, 'retries', retries, 0, retriesMax)
  check(name, 'concurrency', concurrency, 1, concurrencyMax)
  check(name, 'timeoutMs', timeoutMs, 1, timeoutMsMax)
  check(name, 'backoff.firstMs', firstMs, 0, backoffMsMax)
  check(name, 'backoff.maxMs', maxMs, firstMs, backoffMsMax)
  const encode = (given: z.input<S>) => encodePayload(name, payload, given)
  return { name, payload, encode, schedule, retries, backoff: { firstMs, maxMs }, concurrency, timeoutMs, run }
}

/** @throws TypeError */
function encodePayload(job: string, schema: z.ZodType | null, payload: unknown): string {
  const result = schema?.safeParse(payload)
  if (result?.success === false)
    throw new TypeError(`The payload of the job ${job} is invalid: ${result.error.message}`)
  return JSON.stringify(payload ?? null)
}

function check(name: string, option: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new TypeError(`The ${option} of the job ${name} must be a whole number from ${min} to ${max}.`)
}

/** @throws TypeError when two jobs have the same name */
export function checkJobs(jobs: readonly AnyJob[]): void {
  const names = new Set<string>()
  for (const { name } of jobs) {
    if (names.has(name)) throw new TypeError(`Two jobs have the name ${name}: give each its own.`)
    names.add(name)
  }
}
