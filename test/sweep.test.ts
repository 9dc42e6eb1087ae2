import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Sweep } from '../src/sweep.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

function createSubject() {
  const ran: string[] = []
  const sweep: Sweep<string> = new Sweep(1000, (entry) => {
    ran.push(entry)
    if (entry === 'again') sweep.add(entry, 1)
    if (entry === 'rival') sweep.delete('victim')
  })
  return { sweep, ran }
}

test('an entry runs once, when its ticks are over', () => {
  const { sweep, ran } = createSubject()
  sweep.add('a', 2)
  sweep.add('b', 1)
  vi.advanceTimersByTime(1000)
  expect(ran).toEqual(['b'])
  vi.advanceTimersByTime(60_000)
  expect(ran).toEqual(['b', 'a'])
})

test('a deleted entry never runs, also when another entry of the same tick deletes it', () => {
  const { sweep, ran } = createSubject()
  sweep.add('a', 1)
  expect(sweep.delete('a')).toBe(true)
  expect(sweep.delete('a')).toBe(false)
  sweep.add('rival', 1)
  sweep.add('victim', 1)
  vi.advanceTimersByTime(2000)
  expect(ran).toEqual(['rival'])
})

test('an entry that adds itself again runs once a tick', () => {
  const { sweep, ran } = createSubject()
  sweep.add('again', 1)
  vi.advanceTimersByTime(3000)
  expect(ran).toEqual(['again', 'again', 'again'])
})

test('an entry that is added again waits anew', () => {
  const { sweep, ran } = createSubject()
  sweep.add('a', 2)
  vi.advanceTimersByTime(1000)
  sweep.add('a', 2)
  vi.advanceTimersByTime(1000)
  expect(ran).toEqual([])
  vi.advanceTimersByTime(1000)
  expect(ran).toEqual(['a'])
})

test('there is one timer while anything waits, and none a tick after nothing does', () => {
  const { sweep } = createSubject()
  expect(vi.getTimerCount()).toBe(0)
  sweep.add('a', 5)
  sweep.add('b', 5)
  expect(vi.getTimerCount()).toBe(1)
  sweep.delete('a')
  sweep.delete('b')
  vi.advanceTimersByTime(1000)
  expect(vi.getTimerCount()).toBe(0)
})
