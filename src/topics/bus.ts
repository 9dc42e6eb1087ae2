import type { Bus } from '../platform.ts'

/** The bus of one process, where no ring is lost. */
export function createLocalBus(): Bus {
  const listeners = new Set<(topic: string, offset: number) => void>()
  return {
    checkMs: null,
    ring(topic, offset) {
      for (const listener of listeners) listener(topic, offset)
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
