import { describe, test } from 'vitest'
import { createLocalNotifier } from '../../src/ports/notifier.ts'
import { type NotifierSubject, notifierCases } from './notifier.ts'
import { createFaultyBus } from './notifier-faults.ts'
import { createRandom } from './notifier-random.ts'

function createFaultySubject(): NotifierSubject {
  const { next } = createRandom(1)
  const notifier = createFaultyBus({ inner: createLocalNotifier(), random: next })
  const timer = setInterval(notifier.release, 1)
  return { notifier, peer: notifier, close: async () => clearInterval(timer) }
}

function createLocalSubject(): NotifierSubject {
  const notifier = createLocalNotifier()
  return { notifier, peer: notifier }
}

const subjects = {
  'the notifier of one process': createLocalSubject,
  'a notifier that loses, repeats and reorders': createFaultySubject,
}

describe.each(Object.entries(subjects))('%s', (_, create) => {
  for (const { name, run } of notifierCases) {
    test(name, async () => {
      const subject = create()
      try {
        await run(subject)
      } finally {
        await subject.close?.()
      }
    })
  }
})
