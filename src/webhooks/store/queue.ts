/**
 * Deliveries in the table of jobs. A delivery is a job named for its endpoint, so that each endpoint has its own turn and a slow one
 * delays no other; one that waits is found by no other table.
 */
import { guarded, statement } from '../../database/steps.ts'
import type { GuardedStatement, Statement } from '../../ports/database.ts'
import type { WebhookEvent } from '../event.ts'

/** The names of the jobs; no declared job has a colon in its name. */
export const jobPrefix = 'webhook:'
/** The key of the newest event of those for which there was no room. */
const overflowKey = '@overflow'

/** The endpoint of a job. */
export function endpointOfJob(job: string): string {
  return job.slice(jobPrefix.length)
}

/** Counts deliveries that wait or run, by job. */
export function countDeliveries(): Statement {
  return statement(
    `select job, count(*) as count from galley_jobs where job >= '${jobPrefix}' and job < 'webhook;' and state <> 'dead' group by job`,
  )
}

/**
 * Enqueues an event for each enabled endpoint that wants one of its names. Returns each job, with the id of the event in that of a new one.
 * @param names by which an endpoint chooses the event, none of which JSON escapes
 * @param full the endpoints that have no room: of the events for them only the newest waits
 */
export function enqueueEvent(
  { id, type, body }: WebhookEvent,
  names: readonly string[],
  full: readonly string[],
  ms: number,
): Statement {
  const isFull = full.length === 0 ? 'false' : `id in (${full.map(() => '?').join()})`
  return statement(
    `insert into galley_jobs (id, job, key, payload, state, dueAt, createdAt)
      select ? || '_' || id, '${jobPrefix}' || id, iif(isFull, '${overflowKey}', null),
        json_set(?, '$.endpoint', id, '$.isOverflow', json(iif(isFull, 'true', 'false'))), 'waiting', ?, ?
      from (select id, ${isFull} as isFull from galley_webhooks
        where disabledAt is null and (${names.map(() => 'instr(events, ?)').join(' or ')}))
      where true
      on conflict (job, key) where state = 'waiting' and key is not null
      do update set payload = excluded.payload returning id, job`,
    id,
    JSON.stringify({ event: { id, type, body } }),
    ms,
    ms,
    ...full,
    ...names.map((name) => JSON.stringify(name)),
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
