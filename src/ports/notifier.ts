/**
 * A doorbell between those who write topics and those who follow them, in one process or in many. What
 * it says is a hint: the log is the truth. A ring may come late, twice, out of order or never; whoever
 * listens must stay right then.
 */
export interface Notifier {
  /** How often followers look by themselves, because a ring may be lost; null where none can be. */
  readonly checkMs: number | null
  /** Says that a topic has come to an offset. Never throws, and never waits. */
  notify(topic: string, offset: number): void
  /** Calls the listener at each ring of anybody, until the function it returns is called. It must not throw. */
  listen(listener: (topic: string, offset: number) => void): () => void
}

/**
 * The notifier of one process, where no ring is lost but for a write whose outcome nobody knows.
 * @param checkMs see `Bus`
 */
export function createLocalNotifier(checkMs: number | null = null): Notifier {
  const listeners = new Set<(topic: string, offset: number) => void>()
  return {
    checkMs,
    notify(topic, offset) {
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
