import type { Bus } from '../platform.ts'

/**
 * The bus of one process, where no ring is lost but for a write whose outcome nobody knows.
 * @param checkMs see `Bus`
 */
export function createLocalBus(checkMs: number | null = null): Bus {
  const listeners = new Set<(topic: string, offset: number) => void>()
  return {
    checkMs,
    ring(topic, offset) {
      for (const listener of listeners) {
        try {
          listener(topic, offset)
        } catch {
          // Nobody who rings can help it.
        }
      }
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
