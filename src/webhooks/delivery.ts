/**
 * One attempt at a delivery, as a run of a job.
 *
 * | response | the delivery | the endpoint |
 * |---|---|---|
 * | 2xx | is delivered | works |
 * | 410 | has failed | is disabled at once |
 * | any other, or none in time | is retried later, not before `Retry-After`; after the last attempt it has failed | is disabled after some days |
 */
import { z } from '@hono/zod-openapi'
import { run } from '../database/steps.ts'
import { type AnyJob, type JobContext, job } from '../jobs/job.ts'
import { RetryError } from '../jobs/outcome.ts'
import type { SqlRow, Steps } from '../ports/database.ts'
import type { WebhookResponse, WebhookSender } from '../ports/webhook-sender.ts'
import type { WebhookEvent } from './event.ts'
import {
  attemptTimeoutMs,
  concurrencyMax,
  errorLengthMax,
  firstRetryMs,
  responseBytesMax,
  retriesMax,
  retryAfterMsMax,
  retryMsMax,
} from './limits.ts'
import { signatureOf } from './signature.ts'
import { type AttemptResult, trimDeliveries, upsertDelivery } from './store/deliveries.ts'
import {
  disableEndpoint,
  disableFailing,
  findTarget,
  noteFailure,
  noteOverflow,
  noteSuccess,
  secretsOf,
} from './store/endpoints.ts'

const delivery = z.object({
  endpoint: z.string(),
  event: z.object({ id: z.string(), type: z.string(), body: z.string() }),
  /** True for the newest of the events for which there was no room. */
  isOverflow: z.boolean(),
})
type Delivery = z.output<typeof delivery>

/** Beyond the time of an attempt, which ends by itself. */
const runTimeoutMs = 2 * attemptTimeoutMs

/**
 * Declares the job of the deliveries to one endpoint. `job` takes no name such as this, so that no declared one is like it.
 * @param onDone called when a delivery needs no further attempt
 */
export function createDeliveryJob(name: string, sender: WebhookSender, onDone: () => void): AnyJob {
  const options = {
    payload: delivery,
    retries: retriesMax,
    backoff: { firstMs: firstRetryMs, maxMs: retryMsMax },
    concurrency: concurrencyMax,
    timeoutMs: runTimeoutMs,
  }
  const attempt = async (context: JobContext<Delivery>) => {
    await deliver(context, sender)
    onDone()
  }
  return { ...job('webhook', options, attempt), name }
}

async function deliver(context: JobContext<Delivery>, sender: WebhookSender): Promise<void> {
  const { payload, attempt, database, log, now } = context
  const { endpoint, isOverflow } = payload
  const [target] = await database.read(findTarget(endpoint))
  if (target === undefined) return
  if (isOverflow) {
    log.note('error', 'Too many deliveries of a webhook wait; events were left out.', { endpoint })
    await database.write(() => run(noteOverflow(endpoint, now())))
  }
  const attempts = { attempts: attempt, attemptedAt: now() }
  if (target.disabledAt !== null) {
    const unsent = { durationMs: null, status: null, response: null, error: 'The endpoint is disabled.' }
    await database.write(() => noting(payload, { ...attempts, ...unsent, state: 'failed' }))
    return
  }
  const sent = await send(context, sender, target)
  const state = stateOf(sent.status, attempt)
  const { retryAfter, ...result } = sent
  const isDisabled = await database.write(() => noting(payload, { ...attempts, ...result, state }))
  if (isDisabled) log.note('error', 'A webhook was disabled.', { endpoint, status: result.status, error: result.error })
  if (state !== 'retrying') return
  throw new RetryError(result.error ?? `status ${result.status}`, now() + waitMsOf(retryAfter, now()))
}

type Sent = Pick<AttemptResult, 'durationMs' | 'status' | 'response' | 'error'> & { retryAfter: string | null }

/** @throws the reason of the run's signal once that aborts, such as when the server stops */
async function send(
  { payload: { event }, signal, now }: JobContext<Delivery>,
  sender: WebhookSender,
  target: SqlRow,
): Promise<Sent> {
  const startMs = performance.now()
  const durationMs = () => Math.round(performance.now() - startMs)
  try {
    const response = await post(event, sender, target, signal, now())
    const { status, text, retryAfter } = response
    const error = isSuccess(status) ? null : `The response has the status ${status}.`
    return { durationMs: durationMs(), status, response: text.replaceAll('\0', '�'), error, retryAfter }
  } catch (error) {
    signal.throwIfAborted()
    return { durationMs: durationMs(), status: null, response: null, error: describe(error), retryAfter: null }
  }
}

async function post(
  { id, body }: WebhookEvent,
  sender: WebhookSender,
  target: SqlRow,
  signal: AbortSignal,
  nowMs: number,
): Promise<WebhookResponse> {
  const timestamp = Math.floor(nowMs / 1000)
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Galley',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': await signatureOf(secretsOf(target, nowMs), { id, timestamp, body }),
  }
  const both = AbortSignal.any([signal, AbortSignal.timeout(attemptTimeoutMs)])
  return await sender.send({ url: String(target.url), headers, body, responseBytesMax }, both)
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

const gone = 410

function stateOf(status: number | null, attempt: number): AttemptResult['state'] {
  if (status !== null && isSuccess(status)) return 'delivered'
  return status === gone || attempt > retriesMax ? 'failed' : 'retrying'
}

/** Stores the result of an attempt. Returns true if it has disabled the endpoint. */
function* noting({ endpoint, event }: Delivery, result: AttemptResult): Steps<boolean> {
  const { state, status, durationMs, attemptedAt } = result
  yield [upsertDelivery(endpoint, event, result), trimDeliveries(endpoint)]
  if (durationMs === null) return false
  if (state === 'delivered') {
    yield* run(noteSuccess(endpoint))
    return false
  }
  yield* run(noteFailure(endpoint, attemptedAt))
  const disabled = yield* run(
    status === gone ? disableEndpoint(endpoint, 'gone', attemptedAt) : disableFailing(endpoint, attemptedAt),
  )
  return disabled.length > 0
}

/** The time that the receiver asks for: seconds, or a date (RFC 9110 §10.2.3). */
function waitMsOf(retryAfter: string | null, nowMs: number): number {
  if (retryAfter === null) return 0
  const ms = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - nowMs
  return ms > 0 ? Math.min(ms, retryAfterMsMax) : 0
}

function describe(error: unknown): string {
  const { name, message, code } = error as { name?: string; message?: string; code?: unknown }
  if (name === 'TimeoutError') return `There was no response within ${attemptTimeoutMs / 1000} seconds.`
  const text = name === 'DestinationError' ? `The URL ${message}.` : [code, message].filter(Boolean).join(': ')
  return text.slice(0, errorLengthMax)
}
