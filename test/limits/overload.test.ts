import { expect, test } from 'vitest'
import { quantile } from '../../bench/figures.ts'
import { Overload } from '../../src/limits/overload.ts'
import { type Served, SimulatedLoop, steady } from './simulated-loop.ts'

const refused = (all: readonly Served[]) => all.filter(({ isRefused }) => isRefused).length
const latencies = (all: readonly Served[]) =>
  all.filter(({ isRefused }) => !isRefused).map(({ latencyMs }) => latencyMs)
const after = (all: readonly Served[], ms: number) => all.filter(({ arrivedMs }) => arrivedMs >= ms)

test('nothing is refused at nine tenths of the capacity', () => {
  expect(refused(new SimulatedLoop().run(steady(900, 20)))).toBe(0)
})

test('at four times its capacity a server serves its capacity, and quickly', () => {
  const all = new SimulatedLoop().run(steady(4000, 15))
  const served = latencies(all)
  expect(served.length).toBeGreaterThan(0.93 * 15_000)
  expect(quantile(served, 0.99)).toBeLessThan(30)
  expect(Math.max(...served)).toBeLessThan(250)
  expect(Math.max(...latencies(after(all, 1000)))).toBeLessThan(25)
})

test('at forty times, when refusing takes almost half of its time, it serves with the rest', () => {
  const served = latencies(after(new SimulatedLoop().run(steady(40_000, 6)), 4000))
  expect(served.length).toBeGreaterThan(0.45 * 2000)
  expect(Math.max(...served)).toBeLessThan(50)
})

test.each([20, 50, 200])('requests that come in bursts every %s ms find all of the server', (everyMs) => {
  const burst = 4 * everyMs
  const arrivals = Array.from({ length: burst * (10_000 / everyMs) }, (_, n) => Math.floor(n / burst) * everyMs)
  const loop = new SimulatedLoop()
  loop.run(steady(4000, 2))
  const served = latencies(loop.run(arrivals.map((ms) => ms + loop.nowMs)))
  expect(served.length).toBeGreaterThan(everyMs > 50 ? 2400 : 8500)
  expect(Math.max(...served)).toBeLessThan(70)
})

test('one request a turn is served even when each takes longer than the budget', () => {
  const served = latencies(new SimulatedLoop({ serveMs: 40 }).run(steady(100, 20)))
  expect(served.length).toBeGreaterThan(0.9 * (20_000 / 40))
})

test('a burst that takes a seventh of a second is served to the end', () => {
  expect(refused(new SimulatedLoop().run(Array.from({ length: 145 }, () => 0)))).toBe(0)
})

test('of a burst that takes seconds the end is refused', () => {
  const all = new SimulatedLoop().run(Array.from({ length: 3000 }, () => 0))
  expect(refused(all)).toBeGreaterThan(2800)
  expect(Math.max(...all.map(({ latencyMs }) => latencyMs))).toBeLessThan(200)
})

test('a server that has just started refuses nothing', () => {
  const loop = new SimulatedLoop({ isWarm: false })
  expect(refused(loop.run(Array.from({ length: 1999 }, () => 0)))).toBe(0)
  expect(refused(loop.run(Array.from({ length: 1000 }, () => loop.nowMs)))).toBeGreaterThan(0)
})

test('a burst on top of half the load is served to the end', () => {
  const arrivals = [...steady(500, 5), ...Array.from({ length: 90 }, () => 2000)].toSorted((a, b) => a - b)
  expect(refused(new SimulatedLoop().run(arrivals))).toBe(0)
})

test('one slow request among others makes none of them fail', () => {
  const loop = new SimulatedLoop({ serveMs: 0.1 })
  loop.run(steady(1000, 1))
  loop.serve(loop.nowMs, 400)
  expect(refused(loop.run(steady(1000, 2, loop.nowMs - 400)))).toBe(0)
})

test('a thousand busy clients of short requests are served', () => {
  const loop = new SimulatedLoop({ serveMs: 0.04 })
  for (let turn = 0; turn < 100; turn += 1) loop.run(Array.from({ length: 1000 }, () => loop.nowMs))
  expect(refused(loop.served)).toBe(0)
})

test('after an overload all is well at once where the load fits again', () => {
  const loop = new SimulatedLoop()
  loop.run(steady(4000, 5))
  const later = loop.run(steady(500, 5, loop.nowMs))
  expect(refused(later)).toBe(0)
  expect(Math.max(...latencies(later))).toBeLessThan(5)
})

test('a second after the last refusal bursts pass again', () => {
  const loop = new SimulatedLoop()
  loop.run(steady(4000, 2))
  const burst = () => Array.from({ length: 100 }, () => loop.nowMs)
  expect(refused(loop.run(burst()))).toBeGreaterThan(0)
  loop.nowMs += 1001
  expect(refused(loop.run(burst()))).toBe(0)
})

test('without requests there is no timer', () => {
  const loop = new SimulatedLoop()
  loop.run([0])
  expect(loop.timersSet).toBe(2)
  loop.run([500_000])
  expect(loop.timersSet).toBe(4)
})

test('one timer serves all requests of a turn', () => {
  const loop = new SimulatedLoop()
  loop.run(Array.from({ length: 1000 }, () => 0))
  expect(loop.timersSet).toBe(2)
})

test('a clock that stands still within a turn, as on Workers, refuses nothing', () => {
  const loop = new SimulatedLoop({ serveMs: 0 })
  expect(refused(loop.run(steady(100_000, 1)))).toBe(0)
})

test('with the clock and timers of the runtime it sees a turn of its own', async () => {
  const overload = new Overload()
  expect(overload.sheds(performance.now())).toBe('none')
  await new Promise((done) => setTimeout(done, 5))
  expect(overload.sheds(performance.now())).toBe('none')
})

/** A second in which a heavy client sends far more than can be served, and 16 requests of others come. */
function flood(loop: SimulatedLoop, refuseMs: number): Served[] {
  const others: Served[] = []
  const untilMs = loop.nowMs + 1000
  let nextMs = loop.nowMs + 300
  for (let n = 0; loop.nowMs < untilMs; n += 1) {
    loop.serve(loop.nowMs, n < 600 ? 1 : refuseMs, true)
    if (loop.nowMs < nextMs) continue
    others.push(loop.serve())
    nextMs += 40
    if (others.length % 4 === 0) loop.turn()
  }
  return others
}

test('while a client near its rate limit floods the server, requests of others are served', () => {
  const others = flood(new SimulatedLoop(), 0.05)
  expect(others.length).toBeGreaterThanOrEqual(16)
  expect(others.filter(({ isRefused }) => isRefused)).toEqual([])
})

test('clients that are far from their rate limit are refused once they fill the time of a turn themselves', () => {
  const loop = new SimulatedLoop()
  loop.run(steady(2000, 1))
  loop.turn()
  const heavy = Array.from({ length: 200 }, () => loop.serve(loop.nowMs, 1, true))
  const others = Array.from({ length: 200 }, () => loop.serve())
  expect(heavy.at(-1)).toMatchObject({ isRefused: true })
  expect(others[0]).toMatchObject({ isRefused: false })
  expect(others.at(-1)).toMatchObject({ isRefused: true })
})
