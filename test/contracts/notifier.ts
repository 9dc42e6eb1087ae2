/**
 * The contract of the `Notifier` port. The cases know no test runner: a case is good
 * when it does not throw.
 */
import assert from 'node:assert/strict'
import type { Notifier } from '../../src/ports/notifier.ts'

/** Two ends of one notifier, as two processes have them; where there is only one process, the same one twice. */
export interface NotifierSubject {
  notifier: Notifier
  peer: Notifier
  close?(): Promise<void>
}

interface Case {
  name: string
  run(subject: NotifierSubject): Promise<void>
}

/** The time before a notification is repeated where notifications may be lost. */
const retryMs = 20
/** A notification that is lost this often in a row is not lost by chance. */
const attemptsMax = 200

/** Notifies until it is received; repeats where notifications may be lost. */
async function notifyUntilReceived(from: Notifier, to: Notifier, topic: string, offset: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const stop = to.listen((name, at) => name === topic && at === offset && resolve(true))
  let timer: ReturnType<typeof setInterval> | undefined
  let attempts = 0
  try {
    from.notify(topic, offset)
    timer = setInterval(() => {
      attempts += 1
      if (attempts > attemptsMax) resolve(false)
      else if (to.checkMs !== null) from.notify(topic, offset)
    }, retryMs)
    assert.ok(await promise, `${topic} at ${offset} was never received`)
  } finally {
    clearInterval(timer)
    stop()
  }
}

export const notifierCases: Case[] = [
  {
    name: 'it says how often to poll, or that no notification is lost',
    async run({ notifier }) {
      assert.ok(notifier.checkMs === null || (notifier.checkMs > 0 && notifier.checkMs <= 60_000))
    },
  },
  {
    name: 'a notification without a listener has no effect',
    async run({ notifier }) {
      assert.equal(notifier.notify('todos', 1), undefined)
    },
  },
  {
    name: 'a notification reaches the sender and the other end',
    async run({ notifier, peer }) {
      await notifyUntilReceived(notifier, notifier, 'todos', 1)
      await notifyUntilReceived(notifier, peer, 'todos', 2)
      await notifyUntilReceived(peer, notifier, 'todos', 3)
    },
  },
  {
    name: 'topics and offsets arrive as they were rung',
    async run({ notifier, peer }) {
      const topics = ['a', 'rooms/a.b_c~d@e-f', `x/${'y'.repeat(100)}`]
      for (const topic of topics) {
        for (const offset of [1, 2 ** 31, 2 ** 53 - 1]) await notifyUntilReceived(notifier, peer, topic, offset)
      }
    },
  },
  {
    name: 'nothing is received that was not sent',
    async run({ notifier, peer }) {
      const rung = new Set<string>()
      const made: string[] = []
      const stop = peer.listen((topic, offset) => rung.has(`${topic} ${offset}`) || made.push(`${topic} ${offset}`))
      for (let offset = 1; offset <= 50; offset += 1) {
        for (const topic of ['a', 'b/c']) {
          rung.add(`${topic} ${offset}`)
          notifier.notify(topic, offset)
        }
      }
      rung.add('end 1')
      await notifyUntilReceived(notifier, peer, 'end', 1)
      stop()
      assert.deepEqual(made, [])
    },
  },
  {
    name: 'where no notification is lost, the last of many is received',
    async run({ notifier, peer }) {
      if (notifier.checkMs !== null) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const stop = peer.listen((_, offset) => offset === 1000 && resolve())
      for (let offset = 1; offset <= 1000; offset += 1) notifier.notify('todos', offset)
      await promise
      stop()
    },
  },
  {
    name: 'a removed listener receives nothing more, and the others do',
    async run({ notifier, peer }) {
      let heard = 0
      const stop = peer.listen(() => {
        heard += 1
      })
      await notifyUntilReceived(notifier, peer, 'todos', 1)
      stop()
      stop()
      const before = heard
      await notifyUntilReceived(notifier, peer, 'todos', 2)
      assert.equal(heard, before)
    },
  },
  {
    name: 'a listener that is removed during a notification takes none from the others',
    async run({ notifier, peer }) {
      const stop = peer.listen(() => stop())
      await notifyUntilReceived(notifier, peer, 'todos', 1)
    },
  },
  {
    name: 'a listener that throws fails neither the notification nor the other listeners',
    async run({ notifier, peer }) {
      const stop = peer.listen(() => {
        throw new Error('a fault of the listener')
      })
      await notifyUntilReceived(notifier, peer, 'todos', 1)
      stop()
    },
  },
  {
    name: 'a listener may send a notification',
    async run({ notifier, peer }) {
      const stop = peer.listen((topic, offset) => {
        if (topic === 'todos' && offset < 20) peer.notify('todos', offset + 1)
        else if (topic === 'todos') peer.notify('end', 1)
      })
      const { promise, resolve } = Promise.withResolvers<void>()
      const stopWaiting = notifier.listen((topic) => topic === 'end' && resolve())
      const again = setInterval(() => notifier.notify('todos', 1), retryMs)
      notifier.notify('todos', 1)
      await promise
      clearInterval(again)
      stopWaiting()
      stop()
    },
  },
]
