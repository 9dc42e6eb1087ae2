/** A notifier that does all that the port allows it to: it loses notifications, repeats and reorders them. */
import type { Notifier } from '../../src/ports/notifier.ts'

export interface FaultyBusOptions {
  inner: Notifier
  /** From 0 to 1. */
  random(): number
  /** The percentages of notifications that are lost and that arrive twice. */
  losePercent?: number
  repeatPercent?: number
  /** The percentage of notifications that are held until `release`. */
  holdPercent?: number
  checkMs?: number
}

export interface FaultyBus extends Notifier {
  /** Sends the held notifications, in any order. */
  release(): void
  /** From now on nothing goes wrong. */
  mend(): void
}

export function createFaultyBus(options: FaultyBusOptions): FaultyBus {
  const { inner, random, losePercent = 30, repeatPercent = 30, holdPercent = 30, checkMs = 20 } = options
  const held: [topic: string, offset: number][] = []
  let isMended = false
  const happens = (percent: number) => !isMended && random() * 100 < percent

  function pass(topic: string, offset: number): void {
    if (happens(holdPercent)) held.push([topic, offset])
    else inner.notify(topic, offset)
  }

  return {
    checkMs,
    listen: inner.listen,
    notify(topic, offset) {
      if (!happens(losePercent)) pass(topic, offset)
      if (happens(repeatPercent)) pass(topic, offset)
    },
    release() {
      while (held.length > 0) {
        const [notification] = held.splice(Math.floor(random() * held.length), 1)
        if (notification) inner.notify(...notification)
      }
    },
    mend() {
      isMended = true
    },
  }
}
