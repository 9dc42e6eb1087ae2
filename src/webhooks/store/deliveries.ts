/** The log of deliveries: one row for each, with the result of its last attempt. It is kept for some time only. */
import { guarded, statement } from '../../database/steps.ts'
import type { GuardedStatement, SqlValue, Statement } from '../../ports/database.ts'
import type { WebhookEvent } from '../event.ts'
import { loggedMax, loggedMs } from '../limits.ts'

export type DeliveryState = 'retrying' | 'delivered' | 'failed'

/** The result of an attempt. */
export interface AttemptResult {
  state: DeliveryState
  attempts: number
  attemptedAt: number
  /** Null for one that was not sent. */
  durationMs: number | null
  /** Null without a response. */
  status: number | null
  response: string | null
  error: string | null
}

/** Stores the result of the last attempt. */
export function upsertDelivery(endpoint: string, { id, type, body }: WebhookEvent, result: AttemptResult): Statement {
  const { state, attempts, attemptedAt, durationMs, status, response, error } = result
  return statement(
    `insert into galley_webhook_deliveries
      (id, endpoint, event, type, body, state, attempts, attemptedAt, durationMs, status, response, error)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      on conflict (id) do update set state = excluded.state, attempts = excluded.attempts,
        attemptedAt = excluded.attemptedAt, durationMs = excluded.durationMs, status = excluded.status,
        response = excluded.response, error = excluded.error`,
    `${id}_${endpoint}`,
    endpoint,
    id,
    type,
    body,
    state,
    attempts,
    attemptedAt,
    durationMs,
    status,
    response,
    error,
  )
}

/** Deletes all but the newest deliveries of an endpoint. */
export function trimDeliveries(endpoint: string): Statement {
  return statement(
    `delete from galley_webhook_deliveries where id in (
      select id from galley_webhook_deliveries where endpoint = ? order by id desc limit -1 offset ${loggedMax})`,
    endpoint,
  )
}

const shown = 'id, endpoint, event, type, state, attempts, attemptedAt, durationMs, status, response, error'

export interface DeliveryFilter {
  endpoint: string | undefined
  state: DeliveryState | undefined
  /** The id before which a page begins. */
  before: string | undefined
}

/** Lists deliveries, the newest event first. */
export function listDeliveries({ endpoint, state, before }: DeliveryFilter, limit: number): Statement {
  const conditions: string[] = []
  const values: SqlValue[] = []
  const add = (condition: string, value: string | undefined) => {
    if (value === undefined) return
    conditions.push(condition)
    values.push(value)
  }
  add('endpoint = ?', endpoint)
  add('state = ?', state)
  add('id < ?', before)
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`
  return statement(`select ${shown} from galley_webhook_deliveries ${where} order by id desc limit ?`, ...values, limit)
}

/** Reads a delivery, with its body. */
export function findDelivery(id: string): GuardedStatement {
  return guarded(
    { error: 'not_found', message: 'There is no such delivery.' },
    `select ${shown}, body from galley_webhook_deliveries where id = ?`,
    id,
  )
}

/** Deletes some deliveries that are old, or whose endpoint is gone, a row for each. */
export function deleteOutdated(ms: number, limit: number): Statement {
  return statement(
    `delete from galley_webhook_deliveries where id in (
      select id from galley_webhook_deliveries
        where attemptedAt < ? or endpoint not in (select id from galley_webhooks) limit ?) returning 1 as gone`,
    ms - loggedMs,
    limit,
  )
}
