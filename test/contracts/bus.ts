/**
 * What every implementation of the `Bus` port must do. The cases know no test runner: a case is good
 * when it does not throw.
 */
import assert from 'node:assert/strict'
import type { Bus } from '../../src/platform.ts'

/** Two ends of one bus, as two processes have them; where there is only one process, the same one twice. */
export interface BusSubject {
  bus: Bus
  peer: Bus
  close?(): Promise<void>
}

interface Case {
  name: string
  run(subject: BusSubject): Promise<void>
}

/** How long a listener waits before it asks for another ring, where rings may be lost. */
const patienceMs = 20
/** A ring that is lost this often in a row is not lost by chance. */
const attemptsMax = 200

/** Rings until it is heard, as often as it takes where rings may be lost. */
async function ringUntilHeard(from: Bus, to: Bus, topic: string, offset: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const stop = to.listen((name, at) => name === topic && at === offset && resolve(true))
  let timer: ReturnType<typeof setInterval> | undefined
  let attempts = 0
  try {
    from.ring(topic, offset)
    timer = setInterval(() => {
      attempts += 1
      if (attempts > attemptsMax) resolve(false)
      else if (to.checkMs !== null) from.ring(topic, offset)
    }, patienceMs)
    assert.ok(await promise, `${topic} at ${offset} was never heard`)
  } finally {
    clearInterval(timer)
    stop()
  }
}

export const busCases: Case[] = [
  {
    name: 'it says how often to look by oneself, or that no ring is lost',
    async run({ bus }) {
      assert.ok(bus.checkMs === null || (bus.checkMs > 0 && bus.checkMs <= 60_000))
    },
  },
  {
    name: 'a ring without a listener goes nowhere and fails nobody',
    async run({ bus }) {
      assert.equal(bus.ring('todos', 1), undefined)
    },
  },
  {
    name: 'a ring is heard by the one who rings, and at the other end',
    async run({ bus, peer }) {
      await ringUntilHeard(bus, bus, 'todos', 1)
      await ringUntilHeard(bus, peer, 'todos', 2)
      await ringUntilHeard(peer, bus, 'todos', 3)
    },
  },
  {
    name: 'topics and offsets arrive as they were rung',
    async run({ bus, peer }) {
      const topics = ['a', 'rooms/a.b_c~d@e-f', `x/${'y'.repeat(100)}`]
      for (const topic of topics) {
        for (const offset of [1, 2 ** 31, 2 ** 53 - 1]) await ringUntilHeard(bus, peer, topic, offset)
      }
    },
  },
  {
    name: 'nothing is heard that was not rung',
    async run({ bus, peer }) {
      const rung = new Set<string>()
      const made: string[] = []
      const stop = peer.listen((topic, offset) => rung.has(`${topic} ${offset}`) || made.push(`${topic} ${offset}`))
      for (let offset = 1; offset <= 50; offset += 1) {
        for (const topic of ['a', 'b/c']) {
          rung.add(`${topic} ${offset}`)
          bus.ring(topic, offset)
        }
      }
      rung.add('end 1')
      await ringUntilHeard(bus, peer, 'end', 1)
      stop()
      assert.deepEqual(made, [])
    },
  },
  {
    name: 'where no ring is lost, the last of many is heard',
    async run({ bus, peer }) {
      if (bus.checkMs !== null) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const stop = peer.listen((_, offset) => offset === 1000 && resolve())
      for (let offset = 1; offset <= 1000; offset += 1) bus.ring('todos', offset)
      await promise
      stop()
    },
  },
  {
    name: 'who has stopped listening hears nothing more, and the others go on',
    async run({ bus, peer }) {
      let heard = 0
      const stop = peer.listen(() => {
        heard += 1
      })
      await ringUntilHeard(bus, peer, 'todos', 1)
      stop()
      stop()
      const before = heard
      await ringUntilHeard(bus, peer, 'todos', 2)
      assert.equal(heard, before)
    },
  },
  {
    name: 'a listener that stops while it is rung takes none from the others',
    async run({ bus, peer }) {
      const stop = peer.listen(() => stop())
      await ringUntilHeard(bus, peer, 'todos', 1)
    },
  },
  {
    name: 'a listener that throws fails neither the ring nor the other listeners',
    async run({ bus, peer }) {
      const stop = peer.listen(() => {
        throw new Error('a fault of the listener')
      })
      await ringUntilHeard(bus, peer, 'todos', 1)
      stop()
    },
  },
  {
    name: 'a listener may ring itself',
    async run({ bus, peer }) {
      const stop = peer.listen((topic, offset) => {
        if (topic === 'todos' && offset < 20) peer.ring('todos', offset + 1)
        else if (topic === 'todos') peer.ring('end', 1)
      })
      const { promise, resolve } = Promise.withResolvers<void>()
      const stopWaiting = bus.listen((topic) => topic === 'end' && resolve())
      const again = setInterval(() => bus.ring('todos', 1), patienceMs)
      bus.ring('todos', 1)
      await promise
      clearInterval(again)
      stopWaiting()
      stop()
    },
  },
]
