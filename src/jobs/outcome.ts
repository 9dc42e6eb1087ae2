/** The steps by which the outcome of a run is stored. */
import { run, runAll } from '../database/steps.ts'
import type { Steps } from '../ports/database.ts'
import type { Log } from '../ports/log.ts'
import { deadLettersMax, errorLengthMax, lossesMax } from '../queue/limits.ts'
import { buryJob, deleteDone, deleteReplaced, insertDead, releaseJob, trimDead } from '../queue/store.ts'
import { type ClaimedJob, PayloadError, scheduleKey } from './attempt.ts'
import type { AnyJob } from './job.ts'

/**
 * | kind | meaning | the row |
 * |---|---|---|
 * | done | the run succeeded | goes; of a schedule: waits for the next time |
 * | failed | it runs again at `dueAt` | waits, unless a newer one of its key does |
 * | dead | it has failed too often | is kept as a dead letter |
 * | returned | the server stops | waits, with its attempts as before |
 */
export type Outcome =
  | { kind: 'done' }
  | { kind: 'failed'; dueAt: number; error: string }
  | { kind: 'dead'; error: string }
  | { kind: 'returned' }

export interface Ended {
  job: AnyJob
  claimed: ClaimedJob
  outcome: Outcome
}

/** Stores an outcome. @param newId the id of the dead letter of a schedule */
export function* settle({ job, claimed, outcome }: Ended, owner: string, nowMs: number, newId: string): Steps<void> {
  const { id, key, attempt } = claimed
  if (outcome.kind === 'failed' || outcome.kind === 'returned') {
    const { dueAt, error } = outcome.kind === 'failed' ? outcome : { dueAt: nowMs, error: null }
    const attempts = outcome.kind === 'failed' ? attempt + 1 : attempt
    yield* run(deleteReplaced(id, owner))
    yield* run(releaseJob(id, owner, { dueAt, attempt: attempts, error }))
    return
  }
  if (key === scheduleKey) {
    const dueAt = job.schedule?.next(nowMs) ?? null
    if (outcome.kind === 'dead')
      yield* run(
        insertDead({ id: newId, job: job.name, payload: 'null', createdAt: nowMs }, attempt + 1, outcome.error),
      )
    yield* run(dueAt === null ? deleteDone(id, owner) : releaseJob(id, owner, { dueAt, attempt: 0, error: null }))
  } else if (outcome.kind === 'done') yield* run(deleteDone(id, owner))
  else yield* run(buryJob(id, owner, nowMs, attempt + 1, outcome.error))
  if (outcome.kind === 'dead') yield* runAll(trimDead(deadLettersMax))
}

/** Thrown by a run that shall not be tried again before a time. */
export class RetryError extends Error {
  override readonly name = 'RetryError'
  readonly atMs: number

  constructor(message: string, atMs: number) {
    super(message)
    this.atMs = atMs
  }
}

/** Decides what follows an error of a run. @param random from 0 to 1 */
export function outcomeOf(
  error: unknown,
  job: AnyJob,
  { attempt }: ClaimedJob,
  nowMs: number,
  random: number,
): Outcome {
  const text = describe(error)
  if (attempt >= job.retries || error instanceof PayloadError) return { kind: 'dead', error: text }
  const { firstMs, maxMs } = job.backoff
  const delayMs = Math.min(firstMs * 2 ** attempt, maxMs)
  const dueAt = nowMs + Math.round(delayMs * (1 - random / 2))
  return { kind: 'failed', dueAt: error instanceof RetryError ? Math.max(dueAt, error.atMs) : dueAt, error: text }
}

/** The outcome of a job during which processes ended too often; null for any other. */
export function lostOutcome({ losses }: ClaimedJob): Outcome | null {
  return losses > lossesMax ? { kind: 'dead', error: `The server ended during ${losses} runs.` } : null
}

function describe(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return text.slice(0, errorLengthMax)
}

export function logOutcome(log: Log, { name }: AnyJob, { id, attempt }: ClaimedJob, outcome: Outcome): void {
  const fields = { job: name, jobId: id, attempt: attempt + 1 }
  if (outcome.kind === 'failed')
    log.note('warn', 'A job failed and will run again.', { ...fields, error: outcome.error })
  else if (outcome.kind === 'dead') log.note('error', 'A job failed for good.', { ...fields, error: outcome.error })
  else log.note('debug', `A job is ${outcome.kind}.`, fields)
}
