/** Keeps one row for each job with a schedule, so that a time that was missed is made up for once. */
import { run } from '../database/steps.ts'
import type { Steps } from '../ports/database.ts'
import { deleteWaiting, findByKey, insertJob, moveJob, namesWithKey } from '../queue/store.ts'
import { scheduleKey } from './attempt.ts'
import type { AnyJob } from './job.ts'

/** Makes the rows fit the declared schedules. A row of the same schedule keeps its time, even where that has passed. */
export function* syncSchedules(jobs: readonly AnyJob[], nowMs: number, newId: () => string): Steps<void> {
  const scheduled = jobs.filter(({ schedule }) => schedule !== null)
  const names = new Set(scheduled.map(({ name }) => name))
  for (const { job } of yield* run(namesWithKey(scheduleKey))) {
    if (!names.has(String(job))) yield* run(deleteWaiting(String(job), scheduleKey))
  }
  for (const job of scheduled) yield* syncSchedule(job, nowMs, newId)
}

function* syncSchedule({ name, schedule }: AnyJob, nowMs: number, newId: () => string): Steps<void> {
  const dueAt = schedule?.next(nowMs) ?? null
  const payload = JSON.stringify(schedule?.text)
  const [row] = yield* run(findByKey(name, scheduleKey))
  if (row?.payload === payload) return
  if (dueAt === null) yield* run(deleteWaiting(name, scheduleKey))
  else if (row !== undefined) yield* run(moveJob(String(row.id), payload, dueAt))
  else yield* run(insertJob({ id: newId(), job: name, key: scheduleKey, payload, dueAt, createdAt: nowMs }))
}
