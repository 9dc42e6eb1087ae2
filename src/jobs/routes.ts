/** Routes for administrators: jobs that wait, run or have failed for good. */
import { createRoute, z } from '@hono/zod-openapi'
import { noStore, requireAdministrator } from '../auth/routes/guards.ts'
import { decodeCursor, encodeCursor } from '../database/cursor.ts'
import { one, run } from '../database/steps.ts'
import { AppError } from '../errors.ts'
import type { Commit } from '../http/commit.ts'
import { cursorParameter, failures, noContent, page, success } from '../http/openapi.ts'
import { replyWith } from '../http/reply.ts'
import { type SchemaAt, ValidatedRoutes } from '../http/validated-routes.ts'
import { isoTime } from '../iso-time.ts'
import type { SqlRow, Steps } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import { discardJob, listJobs, requireJob, rerunJob } from '../queue/store.ts'
import type { Context } from '../request/context.ts'
import { scheduleKey } from './attempt.ts'
import { isUndeclared } from './lanes.ts'

const time = z.iso.datetime()
const states = z.enum(['waiting', 'running', 'dead'])

const storedJob = z
  .object({
    id: z.string(),
    job: z.string(),
    key: z.string().nullable().openapi({ description: '`@schedule` for the next run of a schedule.' }),
    state: states,
    payload: z.unknown(),
    dueAt: time.openapi({
      description: 'When it runs; of a running job the end of its lease; of a dead letter when it failed.',
    }),
    attempts: z.int().openapi({ description: 'Failed attempts.' }),
    error: z.string().nullable().openapi({ description: 'The error of the last attempt.' }),
    createdAt: time,
  })
  .openapi('Job')

const querySchema = z.object({
  state: states.default('waiting'),
  limit: z.coerce.number<string>().int().min(1).max(100).default(50),
  cursor: cursorParameter,
})
const id = z.string()

const listRoute = createRoute({
  method: 'get',
  path: '/jobs',
  operationId: 'listJobs',
  summary: 'List the jobs of a state, the longest due first',
  request: { query: querySchema },
  responses: { 200: page(storedJob), ...failures(400, 401, 403) },
})

const runRoute = createRoute({
  method: 'post',
  path: '/jobs/{id}/run',
  operationId: 'runJob',
  summary: 'Run a dead letter again, or a waiting job now',
  request: { params: z.object({ id }) },
  responses: { 200: success(200, storedJob), ...failures(401, 403, 404, 409) },
})

const discardRoute = createRoute({
  method: 'delete',
  path: '/jobs/{id}',
  operationId: 'discardJob',
  summary: 'Discard a job that does not run',
  request: { params: z.object({ id }) },
  responses: { ...noContent, ...failures(401, 403, 404, 409) },
})

export interface JobRoutesOptions {
  platform: Pick<Platform, 'database' | 'now'>
  commit: Commit
  /** Called after the commit of a job that is due now. */
  onDue(job: string, atMs: number): void
  /** Called after the commit with the changes of the numbers of jobs. */
  onCount(change: { waiting: number; dead: number }): void
}

export function createJobRoutes({ platform: { database, now }, commit, onDue, onCount }: JobRoutesOptions) {
  async function list(c: Context, { state, limit, cursor }: z.output<typeof querySchema>) {
    const name = `jobs ${state}`
    const [dueAt, id] = cursor === undefined ? [-1, ''] : decodeCursor(cursor, name, 2).values
    const rows = await database.read(listJobs(state, [Number(dueAt), String(id)], limit + 1))
    const shown = rows.slice(0, limit)
    const last = shown.at(-1)
    const hasMore = rows.length > limit && last !== undefined
    const next = hasMore ? encodeCursor(name, { values: [last.dueAt ?? null, last.id ?? null], rows: [] }) : null
    return replyWith(c, { status: 200, data: shown.map(jobOf), more: { next }, headers: noStore })
  }

  /** Galley's own jobs are not counted. */
  function count({ job }: SqlRow, change: Parameters<typeof onCount>[0]): void {
    if (!isUndeclared(String(job))) onCount(change)
  }

  function* rerunning(id: string): Steps<SqlRow> {
    const row = yield* one(requireJob(id))
    refuseRunning(row)
    const dueAt = now()
    const afterCommit = () => {
      if (row.state === 'dead') count(row, { waiting: 1, dead: -1 })
      onDue(String(row.job), dueAt)
    }
    yield* run({ ...rerunJob(id, dueAt), afterCommit })
    return { ...row, state: 'waiting', dueAt, attempt: 0 }
  }

  function* discarding(id: string): Steps<void> {
    const row = yield* one(requireJob(id))
    refuseRunning(row)
    if (row.key === scheduleKey) throw new AppError('conflict', 'This is the next run of a schedule.')
    const isDead = row.state === 'dead'
    const afterCommit = () => count(row, { waiting: isDead ? 0 : -1, dead: isDead ? -1 : 0 })
    yield* run({ ...discardJob(id), afterCommit })
  }

  return new ValidatedRoutes({ tags: ['administration'], middleware: [requireAdministrator] })
    .openapi(listRoute, (c) => list(c, c.req.valid('query')))
    .openapi(runRoute, (c) => {
      const id = c.req.param('id')
      return commit(
        c,
        () => rerunning(id),
        (row) => ({ status: 200, data: jobOf(row), headers: noStore }),
      )
    })
    .openapi(discardRoute, (c) => {
      const id = c.req.param('id')
      return commit(
        c,
        () => discarding(id),
        () => ({ status: 204, headers: noStore }),
      )
    })
}

/** The schema of these routes, for `hc`. */
export type JobSchema = SchemaAt<'/api/admin', ReturnType<typeof createJobRoutes>>

function refuseRunning({ state }: SqlRow): void {
  if (state === 'running') throw new AppError('conflict', 'This job runs.')
}

function jobOf(row: SqlRow): z.output<typeof storedJob> {
  const { id, job, key, payload, state, dueAt, attempt, error, createdAt } = row
  return {
    id: String(id),
    job: String(job),
    key: key as string | null,
    state: state as z.output<typeof states>,
    payload: JSON.parse(String(payload)),
    dueAt: isoTime(Number(dueAt)),
    attempts: Number(attempt),
    error: error as string | null,
    createdAt: isoTime(Number(createdAt)),
  }
}
