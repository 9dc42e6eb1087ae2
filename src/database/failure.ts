/** Translates errors of SQLite to Galley's codes, the same on every engine that is SQLite. */
import { AppError, invalidFields } from '../errors.ts'
import type { Guard } from '../ports/database.ts'

/** The error of a guard whose statement returned no row. */
export function guardError({ error, message, field }: Guard): AppError {
  if (field === undefined) return new AppError(error, message)
  const detail = { field, code: 'invalid_reference', message: message ?? 'names nothing' }
  return error === 'validation_failed' ? invalidFields([detail]) : new AppError(error, message, { details: [detail] })
}

/** SQLite's result codes (sqlite.org/rescode.html) stand in its messages on every runtime. */
const failures: readonly [RegExp, (message: string, cause: unknown) => AppError][] = [
  [/UNIQUE constraint failed: \S+/, uniqueViolation],
  [
    /FOREIGN KEY constraint failed/,
    (_, cause) => new AppError('conflict', 'Another row still refers to it.', { cause }),
  ],
  [/constraint failed/, (_, cause) => new AppError('conflict', undefined, { cause })],
  [/database or disk is full|SQLITE_FULL/, (_, cause) => new AppError('storage_full', undefined, { cause })],
  [
    /readonly|disk I\/O error|unable to open|is locked|malformed|not a database|SQLITE_(IOERR|READONLY|CANTOPEN|BUSY|CORRUPT|NOTADB)/,
    (_, cause) => new AppError('storage_unavailable', undefined, { cause }),
  ],
]

function uniqueViolation(message: string, cause: unknown): AppError {
  const fields = Array.from(message.matchAll(/\b\w+\.(\w+)/g), ([, field = '']) => field)
  const text = fields.length > 1 ? 'are taken together' : 'is taken'
  const details = fields.map((field) => ({ field, code: 'not_unique', message: text }))
  return new AppError('conflict', `${fields.join(', ')}: ${text}`, { details, cause })
}

/** Returns the AppError for an engine's error; other errors are returned unchanged. */
export function databaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error
  const known = failures.find(([pattern]) => pattern.test(error.message))
  return known ? known[1](error.message, error) : error
}
