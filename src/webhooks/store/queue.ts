/**
 * Deliveries in the table of jobs. A delivery is a job named for its endpoint, so that each endpoint has its own turn and a slow one
 * delays no other; one that waits is found by no other table.
 */
import { guarded, statement } from '../../database/steps.ts'
import type { GuardedStatement, Statement } from '../../ports/database.ts'
import type { WebhookEvent } from '../event.ts'
import { waitingDeliveriesMax } from '../limits.ts'

/** The names of the jobs; no declared job has a colon in its name. */
export const jobPrefix = 'webhook:'
/** The key of the newest event of those for which there was no room. */
const overflowKey = '@overflow'

const isFull = `(select count(*) from (select 1 from galley_jobs
  where job = '${jobPrefix}' || galley_webhooks.id and state = 'waiting' limit ${waitingDeliveriesMax})) = ${waitingDeliveriesMax}`

/** Enqueues an event for each enabled endpoint that wants one of these names. Returns the name of each job. */
export function enqueueEvent({ id, type, body }: WebhookEvent, names: readonly string[], ms: number): Statement {
  return statement(
    `insert into galley_jobs (id, job, key, payload, state, dueAt, createdAt)
      select ? || '_' || id, '${jobPrefix}' || id, iif(isFull, '${overflowKey}', null),
        json_set(?, '$.endpoint', id, '$.isOverflow', json(iif(isFull, 'true', 'false'))), 'waiting', ?, ?
      from (select id, ${isFull} as isFull from galley_webhooks where disabledAt is null
        and exists (select 1 from json_each(events) where value in (select value from json_each(?))))
      where true
      on conflict (job, key) where state = 'waiting' and key is not null
      do update set payload = excluded.payload returning job`,
    id,
    JSON.stringify({ event: { id, type, body } }),
    ms,
    ms,
    JSON.stringify(names),
  )
}

/** Enqueues an event for one endpoint. Fails with `conflict` while a delivery of this event to it waits or runs. */
export function enqueueFor(endpoint: string, event: WebhookEvent, ms: number): GuardedStatement {
  return guarded(
    { error: 'conflict', message: 'This delivery waits or runs already.' },
    `insert into galley_jobs (id, job, payload, state, dueAt, createdAt) values (?, ?, ?, 'waiting', ?, ?)
      on conflict (id) do update set state = 'waiting', dueAt = excluded.dueAt, attempt = 0, losses = 0
        where galley_jobs.state = 'dead' returning job`,
    `${event.id}_${endpoint}`,
    jobPrefix + endpoint,
    JSON.stringify({ endpoint, event, isOverflow: false }),
    ms,
    ms,
  )
}
