/**
 * Stores the rows of a file in batches. A batch is one write, so that others get their turn between two; when one of its rows is
 * refused, its halves are tried on their own, down to the row that is to blame.
 */
import { run, runAll } from '../database/steps.ts'
import { AppError } from '../errors.ts'
import type { Database, Steps } from '../ports/database.ts'
import type { FileRow } from './formats.ts'
import {
  advanceImport,
  beginImport,
  digestOf,
  digestStart,
  findImport,
  type ImportName,
  noProgress,
  type Progress,
  progressOf,
} from './import-records.ts'
import { importing, type Outcome, type RowOptions } from './import-row.ts'

/** Rows of one write, some milliseconds for which other writes wait; and their characters. */
export const batchRowsMax = 200
export const batchLengthMax = 256 * 1024

export interface ImporterOptions extends RowOptions {
  database: Database
  /** Null for an import that cannot be continued. */
  name: ImportName | null
  isDryRun: boolean
  /** @throws AppError `unauthorized` once the session or key of the client has ended */
  requireValid(): void
}

/** The error of one row. */
export interface RowError {
  line: number
  error: AppError
}

/** A row of a batch. */
interface Item {
  line: number
  /** The digest of the file up to its end. */
  digest: number
  /** Null for a row that is refused. */
  steps: (() => Steps<Outcome>) | null
}

/** Ends a write that must leave nothing behind. */
class DryRun extends Error {
  readonly progress: Progress

  constructor(progress: Progress) {
    super('A dry run stores nothing.')
    this.progress = progress
  }
}

export class Importer {
  readonly #options: ImporterOptions
  /** Rows that were tried, some of them again. */
  tried = 0
  /** References in lists of the rows that `store` has read, each of which it checks and indexes. */
  listed = 0
  /** How far the import has come, in this request and those before. */
  progress: Progress = noProgress
  /** The line up to which rows were done when this request began. */
  #resumedLine = 0
  #resumedDigest = 0
  /** The line that the stored progress has. */
  #storedLine = 0
  #digest = digestStart

  constructor(options: ImporterOptions) {
    this.#options = options
  }

  /** Finds out how far an import with this key has come. @throws AppError `idempotency_key_reused` for the key of another import */
  async begin(purpose: string, ms: number): Promise<void> {
    const { database, name } = this.#options
    if (name === null) return
    const [found] = await database.write(function* () {
      yield* runAll(...beginImport(name, purpose, ms))
      return yield* run(findImport(name))
    })
    if (found === undefined || found.purpose !== purpose) throw new AppError('idempotency_key_reused')
    this.progress = progressOf(found)
    this.#resumedDigest = this.progress.digest
    this.#resumedLine = this.progress.line
    this.#storedLine = this.progress.line
  }

  /**
   * Stores a batch of rows, and returns the errors of those that are refused. Rows that an earlier request has stored are left out.
   * @throws AppError that ends the import
   */
  async store(rows: readonly FileRow[]): Promise<RowError[]> {
    this.#options.requireValid()
    const errors: RowError[] = []
    const items: Item[] = []
    for (const row of rows) {
      this.#digest = digestOf(row.text, this.#digest)
      if (row.line > this.#resumedLine) items.push(this.#itemOf(row, errors))
      else if (row.line === this.#resumedLine) this.#checkResumed(row.line)
    }
    if (items[0] !== undefined) this.#checkResumed(items[0].line)
    await this.#write(items, errors)
    return errors.toSorted((a, b) => a.line - b.line)
  }

  /** Notes the rows at the end that were refused. @throws AppError `idempotency_key_reused` for a file that is shorter than before */
  async finish(): Promise<void> {
    const { database, name } = this.#options
    this.#checkResumed(this.progress.line)
    if (name === null || this.#storedLine === this.progress.line) return
    const advance = advanceImport(name, this.#storedLine, this.progress)
    await database.write(() => run(advance))
  }

  /** Compares what an earlier request has read, once it is passed. */
  #checkResumed(line: number): void {
    if (this.#resumedLine === 0) return
    if (line !== this.#resumedLine || this.#digest !== this.#resumedDigest)
      throw new AppError('idempotency_key_reused', 'This key was used for another file.')
    this.#resumedLine = 0
  }

  #itemOf(row: FileRow, errors: RowError[]): Item {
    const { line } = row
    try {
      const value = row.read()
      this.listed += this.#options.operations.listedIn(value)
      return { line, digest: this.#digest, steps: importing(this.#options, value) }
    } catch (error) {
      errors.push({ line, error: errorOfRow(error) })
      return { line, digest: this.#digest, steps: null }
    }
  }

  async #write(items: readonly Item[], errors: RowError[]): Promise<void> {
    const valid = items.filter(({ steps }) => steps !== null)
    try {
      if (valid.length > 0) await this.#writeTogether(items)
      else this.progress = advanced(this.progress, items, [])
    } catch (error) {
      const refusal = errorOfRow(error)
      const [first] = valid
      if (valid.length === 1 && first !== undefined) {
        errors.push({ line: first.line, error: refusal })
        first.steps = null
        await this.#write(items, errors)
        return
      }
      const middle = Math.floor(items.length / 2)
      await this.#write(items.slice(0, middle), errors)
      await this.#write(items.slice(middle), errors)
    }
  }

  async #writeTogether(items: readonly Item[]): Promise<void> {
    const { database, name, isDryRun, requireValid } = this.#options
    const [before, storedLine] = [this.progress, this.#storedLine]
    this.tried += items.length
    try {
      this.progress = await database.write(function* () {
        requireValid()
        const outcomes: Outcome[] = []
        for (const { steps } of items) if (steps !== null) outcomes.push(yield* steps())
        const after = advanced(before, items, outcomes)
        if (name !== null) yield [advanceImport(name, storedLine, after)]
        if (isDryRun) throw new DryRun(after)
        return after
      })
      this.#storedLine = this.progress.line
    } catch (error) {
      if (!(error instanceof DryRun)) throw error
      this.progress = error.progress
    }
  }
}

/** The progress after these rows; those that have no outcome are refused. */
function advanced(progress: Progress, items: readonly Item[], outcomes: readonly Outcome[]): Progress {
  const last = items.at(-1)
  if (last === undefined) return progress
  const count = (outcome: Outcome) => outcomes.filter((each) => each === outcome).length
  return {
    line: last.line,
    digest: last.digest,
    created: progress.created + count('created'),
    updated: progress.updated + count('updated'),
    skipped: progress.skipped + count('skipped'),
    failed: progress.failed + items.length - outcomes.length,
  }
}

/** The error that a row has. @throws an error that is not of one row but of the whole import */
function errorOfRow(error: unknown): AppError {
  const isOfRow =
    error instanceof AppError && error.status < serverErrorStatus && error.code !== 'idempotency_key_reused'
  if (!isOfRow) throw error
  return error
}

const serverErrorStatus = 500
