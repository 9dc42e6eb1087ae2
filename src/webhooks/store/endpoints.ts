/** The table of endpoints. */
import { guarded, statement } from '../../database/steps.ts'
import type { GuardedStatement, SqlRow, Statement } from '../../ports/database.ts'
import { endpointsMax, failingMsMax, secretOverlapMs } from '../limits.ts'
import { jobPrefix } from './queue.ts'

export interface EndpointValues {
  url: string
  description: string
  events: readonly string[]
}

const shown = `id, url, description, events, createdAt, disabledAt, disabledReason, failingSince, overflowedAt, oldSecretUntil,
  (select count(*) from galley_jobs where job = '${jobPrefix}' || galley_webhooks.id and state = 'waiting') as waiting`

const noSuch = { error: 'not_found', message: 'There is no such endpoint.' } as const

/** Fails with `conflict` when there are `endpointsMax` already. */
export function insertEndpoint(id: string, secret: string, ms: number, values: EndpointValues): GuardedStatement {
  const { url, description, events } = values
  return guarded(
    { error: 'conflict', message: `There are ${endpointsMax} endpoints. Delete one first.` },
    `insert into galley_webhooks (id, url, description, events, secret, createdAt)
      select ?, ?, ?, ?, ?, ? where (select count(*) from galley_webhooks) < ? returning ${shown}`,
    id,
    url,
    description,
    JSON.stringify(events),
    secret,
    ms,
    endpointsMax,
  )
}

export function listEndpoints(): Statement {
  return statement(`select ${shown} from galley_webhooks order by id`)
}

export function findEndpoint(id: string): GuardedStatement {
  return guarded(noSuch, `select ${shown} from galley_webhooks where id = ?`, id)
}

export function updateEndpoint(id: string, { url, description, events }: EndpointValues): GuardedStatement {
  return guarded(
    noSuch,
    `update galley_webhooks set url = ?, description = ?, events = ? where id = ? returning ${shown}`,
    url,
    description,
    JSON.stringify(events),
    id,
  )
}

export type DisabledReason = 'administrator' | 'gone' | 'failing'

/** Disables an endpoint, unless it is disabled already. */
export function disableEndpoint(id: string, reason: DisabledReason, ms: number): Statement {
  return statement(
    'update galley_webhooks set disabledAt = ?, disabledReason = ? where id = ? and disabledAt is null returning id',
    ms,
    reason,
    id,
  )
}

/** Enables an endpoint as if nothing had failed. */
export function enableEndpoint(id: string): Statement {
  return statement(
    `update galley_webhooks set disabledAt = null, disabledReason = null, failingSince = null, overflowedAt = null
      where id = ?`,
    id,
  )
}

export function deleteEndpoint(id: string): GuardedStatement {
  return guarded(noSuch, 'delete from galley_webhooks where id = ? returning id', id)
}

/** Replaces the secret. The old one signs as well for some time; one that is older signs no more. */
export function rotateSecret(id: string, secret: string, ms: number): GuardedStatement {
  return guarded(
    noSuch,
    `update galley_webhooks set oldSecret = secret, oldSecretUntil = ?, secret = ? where id = ? returning ${shown}`,
    ms + secretOverlapMs,
    secret,
    id,
  )
}

/** Reads where and how to deliver. */
export function findTarget(id: string): Statement {
  return statement('select url, secret, oldSecret, oldSecretUntil, disabledAt from galley_webhooks where id = ?', id)
}

/** Notes that a delivery succeeded. */
export function noteSuccess(id: string): Statement {
  return statement('update galley_webhooks set failingSince = null where id = ? and failingSince is not null', id)
}

/** Notes that a delivery failed. */
export function noteFailure(id: string, ms: number): Statement {
  return statement('update galley_webhooks set failingSince = ? where id = ? and failingSince is null', ms, id)
}

/** Disables an endpoint that has failed for too long. Returns a row if it did. */
export function disableFailing(id: string, ms: number): Statement {
  return statement(
    `update galley_webhooks set disabledAt = ?, disabledReason = 'failing'
      where id = ? and disabledAt is null and failingSince <= ? returning id`,
    ms,
    id,
    ms - failingMsMax,
  )
}

/** Notes that there was no room for an event. */
export function noteOverflow(id: string, ms: number): Statement {
  return statement('update galley_webhooks set overflowedAt = ? where id = ?', ms, id)
}

/** The secrets by which a delivery is signed, the current one first. */
export function secretsOf({ secret, oldSecret, oldSecretUntil }: SqlRow, ms: number): string[] {
  const isOldValid = oldSecret !== null && Number(oldSecretUntil) > ms
  return [String(secret), ...(isOldValid ? [String(oldSecret)] : [])]
}
