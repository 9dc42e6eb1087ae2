/**
 * The table of jobs.
 *
 * | state | dueAt | lease |
 * |---|---|---|
 * | waiting | the job runs at that time or later | null |
 * | running | the lease expires, and another process takes the job over | names the process that runs it |
 * | dead | when it failed for the last time | null |
 *
 * At most one job of a key waits, and at most one of a key runs.
 */
import { guarded, statement } from '../database/steps.ts'
import type { GuardedStatement, Statement } from '../ports/database.ts'

export interface NewJob {
  id: string
  job: string
  key: string | null
  payload: string
  dueAt: number
  createdAt: number
}

/** Inserts a waiting job, or replaces payload and time of the one that waits with the same key. */
export function insertJob({ id, job, key, payload, dueAt, createdAt }: NewJob): GuardedStatement {
  return guarded(
    { error: 'internal' },
    `insert into galley_jobs (id, job, key, payload, state, dueAt, createdAt) values (?, ?, ?, ?, 'waiting', ?, ?)
      on conflict (job, key) where state = 'waiting' and key is not null
      do update set payload = excluded.payload, dueAt = excluded.dueAt, attempt = 0, error = null returning id`,
    id,
    job,
    key,
    payload,
    dueAt,
    createdAt,
  )
}

/** Identifies a process in its leases. */
export interface Lease {
  owner: string
  untilMs: number
}

const claimed = 'returning id, job, key, payload, attempt, losses'

/** Takes over jobs of processes that no longer renew their leases. */
export function claimExpired(job: string, nowMs: number, { owner, untilMs }: Lease, limit: number): Statement {
  return statement(
    `update galley_jobs set lease = ?, dueAt = ?, losses = losses + 1 where id in (
      select id from galley_jobs where job = ? and state = 'running' and dueAt <= ? and lease <> ?
      order by dueAt, id limit ?) ${claimed}`,
    owner,
    untilMs,
    job,
    nowMs,
    owner,
    limit,
  )
}

/** Takes jobs that are due, the longest due first, but none of a key of which one runs. */
export function claimWaiting(job: string, nowMs: number, { owner, untilMs }: Lease, limit: number): Statement {
  return statement(
    `update galley_jobs set state = 'running', lease = ?, dueAt = ? where id in (
      select id from galley_jobs as waiting where job = ? and state = 'waiting' and dueAt <= ? and (key is null
        or not exists (select 1 from galley_jobs as other
          where other.job = waiting.job and other.key = waiting.key and other.state = 'running'))
      order by dueAt, id limit ?) ${claimed}`,
    owner,
    untilMs,
    job,
    nowMs,
    limit,
  )
}

/** Ends all leases. */
export function expireLeases(): Statement {
  return statement(`update galley_jobs set dueAt = 0 where state = 'running'`)
}

/** Extends all leases of a process, a row for each. */
export function renewLeases({ owner, untilMs }: Lease): Statement {
  return statement(
    `update galley_jobs set dueAt = ? where state = 'running' and lease = ? returning id`,
    untilMs,
    owner,
  )
}

/** Deletes a job that is done. */
export function deleteDone(id: string, owner: string): Statement {
  return statement('delete from galley_jobs where id = ? and lease = ?', id, owner)
}

/** Deletes a running job for which a newer one of the same key waits. */
export function deleteReplaced(id: string, owner: string): Statement {
  return statement(
    `delete from galley_jobs where id = ? and lease = ? and key is not null and exists (select 1 from galley_jobs as newer
      where newer.job = galley_jobs.job and newer.key = galley_jobs.key and newer.state = 'waiting')`,
    id,
    owner,
  )
}

/** Lets a running job wait again. To be preceded by `deleteReplaced`. */
export function releaseJob(
  id: string,
  owner: string,
  { dueAt, attempt, error }: { dueAt: number; attempt: number; error: string | null },
): Statement {
  return statement(
    `update galley_jobs set state = 'waiting', lease = null, dueAt = ?, attempt = ?, error = ? where id = ? and lease = ?`,
    dueAt,
    attempt,
    error,
    id,
    owner,
  )
}

/** Keeps a running job as a dead letter. */
export function buryJob(id: string, owner: string, nowMs: number, attempt: number, error: string): Statement {
  return statement(
    `update galley_jobs set state = 'dead', lease = null, dueAt = ?, attempt = ?, error = ? where id = ? and lease = ?`,
    nowMs,
    attempt,
    error,
    id,
    owner,
  )
}

/** Deletes the oldest dead letters but for some. */
export function trimDead(kept: number): Statement {
  return statement(
    `delete from galley_jobs where id in (
      select id from galley_jobs where state = 'dead' order by dueAt desc, id desc limit -1 offset ?)`,
    kept,
  )
}

/** Reads the time at which the next job of a name is due, later than now; `at` is null where there is none. */
export function nextDue(job: string, nowMs: number, owner: string): Statement {
  return statement(
    `select min(at) as at from (
      select min(dueAt) as at from galley_jobs where job = ? and state = 'waiting' and dueAt > ?
      union all
      select min(dueAt) from galley_jobs where job = ? and state = 'running' and dueAt > ? and lease <> ?)`,
    job,
    nowMs,
    job,
    nowMs,
    owner,
  )
}

/** Counts declared jobs by state. */
export function countJobs(): Statement {
  return statement(`select state, count(*) as count from galley_jobs where instr(job, ':') = 0 group by state`)
}

/** Lists the names of jobs that are there and are not declared: Galley's own, which have a colon and bounds of their own. */
export function undeclaredNames(): Statement {
  return statement(`select distinct job from galley_jobs where instr(job, ':') > 0`)
}

/** Reads the jobs of a key. */
export function findByKey(job: string, key: string): Statement {
  return statement('select id, state, payload, dueAt from galley_jobs where job = ? and key = ?', job, key)
}

/** Changes the time and payload of a waiting job. */
export function moveJob(id: string, payload: string, dueAt: number): Statement {
  return statement(
    `update galley_jobs set payload = ?, dueAt = ?, attempt = 0 where id = ? and state = 'waiting'`,
    payload,
    dueAt,
    id,
  )
}

/** Lists the names of the jobs that have a job of that key. */
export function namesWithKey(key: string): Statement {
  return statement('select distinct job from galley_jobs where key = ?', key)
}

/** Deletes what waits under a key. */
export function deleteWaiting(job: string, key: string): Statement {
  return statement(`delete from galley_jobs where job = ? and key = ? and state = 'waiting'`, job, key)
}

/** Inserts a dead letter. */
export function insertDead(
  { id, job, payload, createdAt }: Pick<NewJob, 'id' | 'job' | 'payload' | 'createdAt'>,
  attempt: number,
  error: string,
): Statement {
  return statement(
    `insert into galley_jobs (id, job, payload, state, dueAt, attempt, error, createdAt) values (?, ?, ?, 'dead', ?, ?, ?, ?)`,
    id,
    job,
    payload,
    createdAt,
    attempt,
    error,
    createdAt,
  )
}

export type JobState = 'waiting' | 'running' | 'dead'

/** Lists jobs of a state by their time and id, after a position. */
export function listJobs(state: JobState, after: readonly [dueAt: number, id: string], limit: number): Statement {
  return statement(
    `select id, job, key, payload, state, dueAt, attempt, error, createdAt from galley_jobs
      where state = ? and (dueAt, id) > (?, ?) order by dueAt, id limit ?`,
    state,
    ...after,
    limit,
  )
}

/** Reads a job that must be there. */
export function requireJob(id: string): GuardedStatement {
  return guarded(
    { error: 'not_found', message: 'There is no such job.' },
    'select id, job, key, payload, state, dueAt, attempt, error, createdAt from galley_jobs where id = ?',
    id,
  )
}

/** Lets a dead letter, or a job that waits, run at a time. */
export function rerunJob(id: string, dueAt: number): Statement {
  return statement(
    `update galley_jobs set state = 'waiting', dueAt = ?, attempt = 0, losses = 0 where id = ? and state <> 'running'`,
    dueAt,
    id,
  )
}

/** Deletes a job that does not run. */
export function discardJob(id: string): Statement {
  return statement(`delete from galley_jobs where id = ? and state <> 'running'`, id)
}
