/** Databases that fail or delay reads. */
import { AppError } from '../../src/errors.ts'
import type { Database, SqlRow } from '../../src/ports/database.ts'

/** A database whose reads fail on demand. */
export function createFailingDatabase() {
  const faults = { reads: 0, writesAfter: Number.POSITIVE_INFINITY }
  const wrapDatabase = (database: Database): Database => ({
    ...database,
    read(statement) {
      if (faults.reads === 0) return database.read(statement)
      faults.reads -= 1
      throw new AppError('storage_unavailable')
    },
    write(write) {
      if (faults.writesAfter === 0) return Promise.reject(new AppError('storage_full'))
      faults.writesAfter -= 1
      return database.write(write)
    },
  })
  return { faults, wrapDatabase }
}

/** A database whose reads, while it holds them, resolve late and in the order that the test wants. */
export function createDelayedDatabase() {
  const held: (() => void)[] = []
  const latch = {
    isHeld: false,
    /** Resolves one of the waiting reads with the data of the time of its call. */
    async response(index: number) {
      while (held[index] === undefined) await turn()
      held.splice(index, 1)[0]?.()
      await turn()
    },
    async open() {
      latch.isHeld = false
      for (const go of held.splice(0)) go()
      await turn()
    },
    get waiting() {
      return held.length
    },
  }
  const wrapDatabase = (database: Database): Database => ({
    ...database,
    read(statement) {
      const rows = database.read(statement)
      if (!latch.isHeld) return rows
      return new Promise<readonly SqlRow[]>((resolve) => held.push(() => resolve(rows)))
    },
  })
  return { latch, wrapDatabase }
}

/** Waits until all pending work is done. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
