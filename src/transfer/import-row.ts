/** The steps that store one row of a file, by the rules of its collection. */
import type { AnyCollection } from '../collections/declaration.ts'
import type { Field } from '../collections/field.ts'
import type { Operations } from '../collections/operations.ts'
import { idPattern } from '../database/id.ts'
import { run, statement } from '../database/steps.ts'
import { invalidField } from '../errors.ts'
import type { Steps } from '../ports/database.ts'
import type { Actor } from '../request/identity.ts'

export const conflictChoices = ['fail', 'skip', 'update'] as const

/** What happens to a row that is there already: an error, nothing, or a change of its fields. */
export type OnConflict = (typeof conflictChoices)[number]

export type Outcome = 'created' | 'updated' | 'skipped'

export interface RowOptions {
  collection: AnyCollection
  // biome-ignore lint/suspicious/noExplicitAny: operations on rows of any fields.
  operations: Operations<any>
  who: Actor
  onConflict: OnConflict
  /** The field by which a row is there already: `id`, or one that is unique. */
  by: string
}

type Body = Readonly<Record<string, unknown>>

/** Validates a row, and returns the steps that store it. @throws AppError as a request that creates the row */
export function importing(options: RowOptions, value: unknown): () => Steps<Outcome> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidField('', 'invalid_type', 'A row must be an object.')
  const body = value as Body
  const id = idOf(body)
  const create = () => options.operations.creating(body, options.who, id)
  if (options.onConflict === 'update') return () => upserting(options, body, create)
  const write = create()
  if (options.onConflict === 'fail') return () => created(write())
  return function* () {
    return (yield* findExisting(options, body)) === null ? yield* created(write()) : 'skipped'
  }
}

function* created(steps: Steps<unknown>): Steps<Outcome> {
  yield* steps
  return 'created'
}

function* upserting(options: RowOptions, body: Body, create: () => () => Steps<unknown>): Steps<Outcome> {
  const existing = yield* findExisting(options, body)
  if (existing === null) return yield* created(create()())
  yield* options.operations.changing(existing, body, options.who)()
  return 'updated'
}

/** Finds the id of the row that is there already. */
function* findExisting({ collection, by }: RowOptions, body: Body): Steps<string | null> {
  const value = storedValue(collection, by, body[by])
  if (value === null) return null
  const [row] = yield* run(statement(`select "id" from "${collection.name}" where "${by}" = ?`, value))
  return row === undefined ? null : String(row.id)
}

/** Returns null for a value that no row can have. */
function storedValue({ fields }: AnyCollection, by: string, value: unknown): string | number | null {
  if (value === undefined || value === null) return null
  if (by === 'id') return typeof value === 'string' ? value : null
  const { schema, column } = fields[by] as Field
  const { success, data } = schema.safeParse(value)
  return success ? column.encode(data) : null
}

function idOf({ id }: Body): string | undefined {
  if (id === undefined || id === null || id === '') return undefined
  if (typeof id === 'string' && idPattern.test(id)) return id
  throw invalidField('id', 'invalid_format', 'must be 26 characters 0-9 A-Z a-z')
}
