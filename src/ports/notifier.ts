/**
 * Notifies the followers of a topic about new events, in one process or in many. A notification is a hint and the log
 * is the truth: it may arrive late, twice, out of order or never, and listeners must stay correct.
 */
export interface Notifier {
  /** How often followers check the log by themselves, because a notification may be lost; null where none can be. */
  readonly checkMs: number | null
  /** Announces the newest offset of a topic. Never throws and never waits. */
  notify(topic: string, offset: number): void
  /** Calls the listener at each notification until the returned function is called. The listener must not throw. */
  listen(listener: (topic: string, offset: number) => void): () => void
}

/**
 * Creates a notifier within one process: a notification is lost only when the outcome of its write is unknown.
 * @param checkMs see `Notifier`
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
          // A faulty listener must not stop the others.
        }
      }
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
