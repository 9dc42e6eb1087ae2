/** The schedule of a job: an interval, or a cron expression in a time zone. */
import { Cron } from 'croner'

type Unit = 'second' | 'minute' | 'hour' | 'day'

/** An interval, such as `1 minute` or `12 hours`. */
export type Every = `${number} ${Unit}` | `${number} ${Unit}s`

export interface Schedule {
  /** Another text is another schedule. */
  text: string
  /** Returns the first time after another, in milliseconds since 1970; null where there is none. */
  next(afterMs: number): number | null
}

export interface ScheduleOptions {
  every?: Every
  cron?: string
  timeZone?: string
}

const unitMs: Readonly<Record<Unit, number>> = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 }
const everyPattern = /^([1-9]\d{0,5}) (second|minute|hour|day)s?$/

/** @throws TypeError for an invalid schedule, or two */
export function parseSchedule(job: string, { every, cron, timeZone }: ScheduleOptions): Schedule | null {
  if (every !== undefined && cron !== undefined)
    throw new TypeError(`The job ${job} has both every and cron: give one of them.`)
  if (timeZone !== undefined && cron === undefined)
    throw new TypeError(`The job ${job} has a timeZone without a cron expression.`)
  if (every !== undefined) return parseEvery(job, every)
  return cron === undefined ? null : parseCron(job, cron, timeZone ?? 'UTC')
}

function parseEvery(job: string, every: string): Schedule {
  const [, count, unit] = everyPattern.exec(every) ?? []
  if (count === undefined || unit === undefined)
    throw new TypeError(`The interval ${JSON.stringify(every)} of the job ${job} must be like 1 minute or 12 hours.`)
  const stepMs = Number(count) * unitMs[unit as Unit]
  return { text: `every ${every}`, next: (afterMs) => (Math.floor(afterMs / stepMs) + 1) * stepMs }
}

function parseCron(job: string, expression: string, timeZone: string): Schedule {
  try {
    // Without a function it starts no timer.
    const cron = new Cron(expression, { timezone: timeZone })
    const next = (afterMs: number) => cron.nextRun(new Date(afterMs))?.getTime() ?? null
    next(0)
    return { text: `cron ${expression} ${timeZone}`, next }
  } catch (error) {
    throw new TypeError(`The schedule of the job ${job} is invalid: ${(error as Error).message}`, { cause: error })
  }
}
