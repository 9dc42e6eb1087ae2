/** One run of server, writers and readers, with all that can go wrong, as a seed decides it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom, type Random } from '../contracts/notifier-random.ts'
import type { Row } from './copy.ts'
import { followByPoll } from './poll.ts'
import { Publisher } from './publisher.ts'
import { Reader, type Way } from './reader.ts'
import { followByCborSession, followByJsonSession } from './session.ts'
import { makeTemplate, SimulatedServer } from './simulated-server.ts'
import { followBySse } from './sse.ts'
import { installVirtualTime, type VirtualTime } from './virtual-time.ts'

const ways: Record<string, Way> = {
  sse: followBySse,
  poll: followByPoll,
  json: followByJsonSession,
  cbor: followByCborSession,
}

/** After this time without a request all written events have been sent. */
const quietMs = 500
const eightDaysMs = 8 * 24 * 60 * 60 * 1000
/** In the end all must have caught up within so much virtual time. */
const catchUpMs = 60_000

/** The result of a run, for comparing two runs. */
export interface Outcome {
  /** All steps, and where the readers were after each. */
  trace: string[]
  events: number
  gaps: number
}

/**
 * Runs the schedule of a seed in a new folder below this one.
 * @throws Error which names the seed, when anything is lost, repeated, out of order, or never delivered
 */
export async function runSchedule(seed: number, parent: string): Promise<Outcome> {
  const template = await makeTemplate(parent)
  const folder = mkdtempSync(join(parent, 'schedule-'))
  const random = createRandom(seed)
  const time = installVirtualTime(random)
  const schedule = new Schedule(random, time, { folder, template })
  try {
    return await schedule.run()
  } catch (error) {
    const steps = schedule.trace.slice(-12).join('\n  ')
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}\n  ${steps}`, {
      cause: error,
    })
  } finally {
    time.uninstall()
    schedule.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

class Schedule {
  readonly trace: string[] = []
  readonly #random: Random
  readonly #time: VirtualTime
  readonly #server: SimulatedServer
  readonly #publisher: Publisher
  readonly #readers: Reader[]
  readonly #failures: unknown[] = []
  readonly #steps: [share: number, name: string, step: () => void | Promise<void>][]

  constructor(random: Random, time: VirtualTime, files: { folder: string; template: string }) {
    this.#random = random
    this.#time = time
    const chance = () => random.happens(40)
    const faults = { hasSlowReads: chance(), hasSlowWrites: chance(), hasFaultyBus: chance() }
    this.#server = new SimulatedServer({ ...files, random, time, ...faults })
    this.#publisher = new Publisher(this.#server, random)
    const names = Object.keys(ways)
    this.#readers = Array.from({ length: 2 + random.below(4) }, () => {
      const [name, topic] = [random.pick(names), random.pick(['todos', 'playground'])]
      return new Reader(`${name} ${topic}`, ways[name] as Way, topic, this.#server, (error) =>
        this.#failures.push(error),
      )
    })
    this.#steps = this.#choices()
  }

  #choices(): [number, string, () => void | Promise<void>][] {
    const server = this.#server
    const reader = () => this.#random.pick(this.#readers)
    return [
      [30, 'publish', () => this.#burst(() => this.#publisher.publish())],
      [6, 'repeat', () => this.#burst(() => this.#publisher.repeat())],
      [8, 'disconnect', () => reader().disconnect()],
      [4, 'vanish', () => reader().disconnect(true)],
      [10, 'stall', () => reader().stall()],
      [10, 'go on', () => reader().goOn()],
      [8, 'late notifications', () => server.releaseNotifications()],
      [10, 'time passes', () => this.#time.run(this.#random.below(300))],
      [3, 'trim', () => this.#trim(0)],
      [3, 'age', () => this.#trim(eightDaysMs)],
      [3, 'restart', () => this.#restart(() => server.stop())],
      [3, 'kill', () => this.#restart(() => server.kill())],
      [2, 'backup', () => server.takeBackup()],
      [
        2,
        'restore',
        () =>
          this.#restart(
            () => server.kill(),
            () => server.restore(),
          ),
      ],
      [3, 'evict', () => this.#evict()],
      [
        1,
        'move',
        () =>
          this.#restart(
            () => server.stop(),
            () => server.move(),
          ),
      ],
    ]
  }

  #burst(send: () => Promise<void>): void {
    for (let n = this.#random.below(6); n >= 0; n -= 1) {
      send().catch((error) => this.#failures.push(error))
    }
  }

  async #trim(olderMs: number): Promise<void> {
    this.#server.clockOffsetMs += olderMs
    const cleanup = this.#server.app?.cleanUp()
    if (this.#random.happens(50)) await this.#time.run(30)
    cleanup?.catch((error) => this.#failures.push(error))
  }

  /** The end of a process cuts all connections, with messages in transit. */
  async #restart(end: () => Promise<void>, between: () => void = () => {}): Promise<void> {
    await end()
    for (const reader of this.#readers) reader.disconnect(true)
    between()
    await this.#server.start()
  }

  /** The memory is dropped while idle, as that of a Durable Object is; connections outlive it. */
  async #evict(): Promise<void> {
    await this.#time.run(quietMs)
    await this.#server.kill()
    await this.#server.start()
    const waking = Promise.all(this.#readers.map((reader) => reader.wake()))
    await this.#time.run(20)
    await waking
  }

  async run(): Promise<Outcome> {
    await this.#server.start()
    const total = this.#steps.reduce((sum, [share]) => sum + share, 0)
    for (let n = 8 + this.#random.below(24); n > 0; n -= 1) {
      await this.#step(this.#random.below(total))
      for (const reader of this.#readers) if (this.#random.happens(50)) reader.connect()
      await this.#time.runSome(this.#random.below(12))
      this.#note()
    }
    await this.#finish()
    return {
      trace: this.trace,
      events: this.#publisher.promises,
      gaps: this.#readers.reduce((sum, { copy }) => sum + copy.gaps, 0),
    }
  }

  async #step(at: number): Promise<void> {
    let rest = at
    for (const [share, name, step] of this.#steps) {
      rest -= share
      if (rest >= 0) continue
      this.trace.push(name)
      await step()
      return
    }
  }

  /** Records every reader's position, so that two runs can be compared. */
  #note(): void {
    const positions = this.#readers.map(({ name, copy }) => `${name} ${copy.position?.offset ?? '-'}`)
    this.trace.push(`${this.trace.pop()} | ${this.#time.ms} ms | ${this.#server.epoch()} | ${positions.join(' | ')}`)
    this.#expectNoFailure()
  }

  #expectNoFailure(): void {
    const [failure] = [...this.#failures, ...this.#server.problems]
    if (failure !== undefined) throw failure
  }

  /** Without further faults all readers reach the end of their topics, and have the current state. */
  async #finish(): Promise<void> {
    this.#server.mend()
    for (const reader of this.#readers) reader.goOn()
    const untilMs = this.#time.ms + catchUpMs
    const isSettled = () => this.#readers.every(({ isCurrent }) => isCurrent)
    await this.#time.run(100)
    for (let isDone = false; !isDone; isDone = isSettled()) {
      for (const reader of this.#readers) reader.connect()
      await this.#time.run(50)
      this.#expectNoFailure()
      const late = this.#readers.filter(({ isCurrent }) => !isCurrent).map(({ name }) => name)
      assert.ok(this.#time.ms < untilMs, `${late.join(', ')} never caught up`)
    }
    this.#publisher.check()
    await this.#compare()
  }

  async #compare(): Promise<void> {
    const pending = this.#server.app?.fetch(new Request('http://localhost/api/todos?limit=1000'))
    await this.#time.run(20)
    const response = await pending
    assert.ok(response, 'there is no server')
    const { data } = (await response.json()) as { data: Row[] }
    const stored = Object.fromEntries(data.map((row) => [row.id, row]))
    for (const { name, copy } of this.#readers) {
      if (copy.topic === 'todos') assert.deepEqual(Object.fromEntries(copy.rows), stored, `${name} knows another state`)
    }
  }

  end(): void {
    for (const reader of this.#readers) reader.disconnect(true)
    this.#server.abandon()
  }
}
