/** One run of a job, bounded in time. */
import type { SqlRow } from '../ports/database.ts'
import type { AnyJob, JobContext } from './job.ts'

/** A job that this process has leased. */
export interface ClaimedJob {
  id: string
  key: string | null
  /** JSON. */
  payload: string
  /** Failures so far. */
  attempt: number
  /** Processes that ended during a run. */
  losses: number
}

export function claimedJobOf(row: SqlRow): ClaimedJob {
  const { id, key, payload, attempt, losses } = row
  return {
    id: String(id),
    key: key as string | null,
    payload: String(payload),
    attempt: Number(attempt),
    losses: Number(losses),
  }
}

/** The key of the one row that a job with a schedule has. */
export const scheduleKey = '@schedule'

/** A run that ignores its signal counts as ended so long after it. */
const abortGraceMs = 10_000

/** A payload that the schema refuses, as of an older version of the app; a further attempt would not help. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError'
}

/** The parts of the context that every run shares. */
export type SharedContext = Omit<JobContext<unknown>, 'payload' | 'signal' | 'attempt' | 'id'>

/** Runs a job. Rejects with the error of the run, or with the reason of the signal. */
export async function runAttempt(
  job: AnyJob,
  { id, key, payload, attempt }: ClaimedJob,
  shared: SharedContext,
  controller: AbortController,
): Promise<void> {
  const { signal } = controller
  const given = key === scheduleKey ? parse(job, 'null') : parse(job, payload)
  const timeout = setTimeout(() => {
    controller.abort(new Error(`The run took longer than ${job.timeoutMs} ms.`))
  }, job.timeoutMs)
  const { promise: overdue, reject } = Promise.withResolvers<never>()
  let grace: ReturnType<typeof setTimeout> | undefined
  const onAbort = () => {
    grace = setTimeout(() => reject(signal.reason), abortGraceMs)
  }
  signal.addEventListener('abort', onAbort)
  try {
    await Promise.race([overdue, job.run({ ...shared, payload: given, signal, attempt: attempt + 1, id })])
    signal.throwIfAborted()
  } finally {
    clearTimeout(timeout)
    clearTimeout(grace)
    signal.removeEventListener('abort', onAbort)
  }
}

/** @throws PayloadError */
function parse(job: AnyJob, text: string): unknown {
  const stored: unknown = JSON.parse(text)
  if (job.payload === null) return undefined
  const result = job.payload.safeParse(stored === null ? undefined : stored)
  if (result.success) return result.data
  const asNull = job.payload.safeParse(stored)
  if (asNull.success) return asNull.data
  throw new PayloadError(`The stored payload is invalid: ${result.error.message}`)
}
