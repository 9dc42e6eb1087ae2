import { describe, test } from 'vitest'
import { createLocalBus } from '../../src/topics/bus.ts'
import { type BusSubject, busCases } from './bus.ts'
import { createFaultyBus } from './bus-faults.ts'
import { createRandom } from './bus-random.ts'

function createFaultySubject(): BusSubject {
  const { next } = createRandom(1)
  const bus = createFaultyBus({ inner: createLocalBus(), random: next })
  const timer = setInterval(bus.release, 1)
  return { bus, peer: bus, close: async () => clearInterval(timer) }
}

function createLocalSubject(): BusSubject {
  const bus = createLocalBus()
  return { bus, peer: bus }
}

const subjects = {
  'the bus of one process': createLocalSubject,
  'a bus that loses, repeats and reorders': createFaultySubject,
}

describe.each(Object.entries(subjects))('%s', (_, create) => {
  for (const { name, run } of busCases) {
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
