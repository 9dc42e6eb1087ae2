import type { Database, Statement } from '../ports/database.ts'
import { run } from './steps.ts'

/** Rows deleted by one write: some milliseconds, for which other writes wait. */
export const rowsMax = 200
/** A rest takes so many times as long as the step before it, so that the others have three quarters of the time. */
const restFactor = 3

/** Work that can wait, done in steps. It ends when the server stops, which must not wait for it. */
export class Background {
  #isStopped = false

  stop(): void {
    this.#isStopped = true
  }

  /** Takes steps, with a rest after each, until one resolves with false. */
  async repeat(step: () => Promise<boolean>): Promise<void> {
    while (!this.#isStopped) {
      const startMs = performance.now()
      if (!(await step())) return
      const restMs = (performance.now() - startMs) * restFactor
      await new Promise((resolve) => setTimeout(resolve, restMs))
    }
  }
}

/** Runs a statement that deletes up to `limit` rows, and returns one for each, until none are left. */
export function deleteInSteps(
  database: Pick<Database, 'write'>,
  background: Background,
  deleteSome: (limit: number) => Statement,
): Promise<void> {
  return background.repeat(async () => (await database.write(() => run(deleteSome(rowsMax)))).length === rowsMax)
}
