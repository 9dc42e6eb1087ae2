/**
 * A rule of access may turn false at any time, without an event that would show it. So all readers and members are checked
 * once a second, by one timer that runs while there are any. A check of ten thousand takes a few milliseconds.
 */
import type { Identity } from '../request/identity.ts'

/** @throws AppError `not_found`, `unauthorized`, `forbidden` when the topic may not be read */
export type Authorize = (topic: string, principal: Identity | null) => void

/** Access that was allowed before. */
export interface Checked {
  /** Ends what is no longer allowed. Must not throw. */
  checkAccess(): void
}

const intervalMsDefault = 1000

export class AccessSweep {
  readonly #checked = new Set<Checked>()
  readonly #intervalMs: number | null
  #timer: ReturnType<typeof setInterval> | undefined

  /** @param intervalMs null where a timer would keep the server awake, so that the runtime calls `run` itself */
  constructor(intervalMs: number | null = intervalMsDefault) {
    this.#intervalMs = intervalMs
  }

  add(checked: Checked): void {
    this.#checked.add(checked)
    if (this.#intervalMs !== null) this.#timer ??= setInterval(() => this.run(), this.#intervalMs)
  }

  delete(checked: Checked): void {
    this.#checked.delete(checked)
  }

  run(): void {
    for (const each of this.#checked) each.checkAccess()
    if (this.#checked.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/** Asks a rule once a turn for each topic and identity: an event goes to many readers who share one. */
export function oncePerTurn(authorize: Authorize): Authorize {
  const known = new Map<string, Map<Identity | null, { error: unknown } | null>>()

  function ask(topic: string, principal: Identity | null): { error: unknown } | null {
    try {
      authorize(topic, principal)
      return null
    } catch (error) {
      return { error }
    }
  }

  return (topic, principal) => {
    if (known.size === 0) queueMicrotask(() => known.clear())
    const ofTopic = known.get(topic) ?? new Map<Identity | null, { error: unknown } | null>()
    let refused = ofTopic.get(principal)
    if (refused === undefined) {
      refused = ask(topic, principal)
      known.set(topic, ofTopic.set(principal, refused))
    }
    if (refused !== null) throw refused.error
  }
}
