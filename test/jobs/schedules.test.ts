import { afterEach, expect, test } from 'vitest'
import { job } from '../../src/jobs/job.ts'
import { createWorld, startMs, type World } from './world.ts'

const worlds: World[] = []
afterEach(async () => {
  for (const { app, remove } of worlds.splice(0)) {
    await app.stop()
    await remove()
  }
})

const minuteMs = 60_000
const at = (time: string) => Date.parse(time)

test('a job with an interval runs at each, and a missed one once', async () => {
  const runs: number[] = []
  const tick = job('tick', { every: '5 minutes' }, ({ now }) => void runs.push(now()))
  const world = await createWorld([tick])
  worlds.push(world)
  const times = [4, 5, 9, 10, 61, 62, 65].map((minutes) => startMs + minutes * minuteMs)
  for (const ms of times) await world.runAt(ms)
  expect(runs.map((ms) => (ms - startMs) / minuteMs)).toEqual([5, 10, 61, 65])
})

test('a tick that was missed while no server ran is made up for once', async () => {
  const runs: number[] = []
  const tick = () => job('tick', { every: '1 minute' }, ({ now }) => void runs.push(now()))
  const world = await createWorld([tick()])
  worlds.push(world)
  await world.app.stop()
  const restarted = await world.another([tick()])
  const lateMs = startMs + 10.5 * minuteMs
  await restarted.runAt(lateMs)
  await restarted.runAt(lateMs + 1)
  expect(runs).toEqual([lateMs])
})

test('another schedule replaces the stored one, and without one nothing runs', async () => {
  const runs: string[] = []
  const world = await createWorld([job('tick', { cron: '0 7 * * *' }, () => void runs.push('seven'))])
  worlds.push(world)
  await world.another([job('tick', { cron: '0 9 * * *' }, () => void runs.push('nine'))])
  expect(await world.stored()).toMatchObject([{ dueAt: at('2027-01-05T09:00Z') }])
  await world.another([job('tick', {}, () => {})])
  expect(await world.stored()).toEqual([])
})

test('a failing tick is tried again, and the next ones still come', async () => {
  const runs: number[] = []
  const tick = job('tick', { every: '1 hour', retries: 1, backoff: { firstMs: 1000 } }, ({ attempt }) => {
    runs.push(attempt)
    throw new Error('broken')
  })
  const world = await createWorld([tick])
  worlds.push(world)
  const hourMs = 60 * minuteMs
  for (const ms of [hourMs, hourMs + 1000, 2 * hourMs]) await world.runAt(startMs + ms)
  expect(runs).toEqual([1, 2, 1])
  expect((await world.stored()).map(({ state }) => String(state)).toSorted((a, b) => a.localeCompare(b))).toEqual([
    'dead',
    'waiting',
  ])
})

test('cron expressions follow their time zone, through changes of its clock', () => {
  const next = (timeZone: string, from: string) =>
    new Date(job('tick', { cron: '0 7 * * *', timeZone }, () => {}).schedule?.next(at(from)) ?? 0).toISOString()
  expect(next('Europe/Vienna', '2027-03-27T12:00Z')).toBe('2027-03-28T05:00:00.000Z')
  expect(next('Europe/Vienna', '2027-10-30T12:00Z')).toBe('2027-10-31T06:00:00.000Z')
  expect(next('America/New_York', '2027-01-04T12:00Z')).toBe('2027-01-05T12:00:00.000Z')
})

test('invalid schedules are refused when they are declared', () => {
  const declare = (options: object) => () => job('tick', options, () => {})
  expect(declare({ every: '1 fortnight' })).toThrow('must be like')
  expect(declare({ every: '0 minutes' })).toThrow('must be like')
  expect(declare({ cron: '61 * * * *' })).toThrow('schedule of the job tick is invalid')
  expect(declare({ cron: '0 7 * * *', timeZone: 'Mars/Olympus' })).toThrow('schedule of the job tick is invalid')
  expect(declare({ cron: '0 7 * * *', every: '1 day' })).toThrow('both')
  expect(declare({ timeZone: 'UTC' })).toThrow('timeZone')
})
