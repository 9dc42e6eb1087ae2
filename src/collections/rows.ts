import { one } from '../database/steps.ts'
import { AppError } from '../errors.ts'
import { validate } from '../http/validation.ts'
import { isoTime } from '../iso-time.ts'
import type { SqlRow, SqlValue, Statement } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import type { TopicLog } from '../topics/log.ts'
import { hasOwner, ownerField } from './access.ts'
import type { ChangeOf, Collection, RowOf, Rows } from './declaration.ts'
import { createFeed } from './feed.ts'
import type { Fields } from './field.ts'
import { compile, referencesIn, selectOne } from './statements.ts'

/** Goes on with a value that may be a promise, and at once where it is none. */
export function andThen<T, U>(value: T | Promise<T>, use: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(use) : use(value)
}

export function createRows<F extends Fields>(
  collection: Collection<string, F>,
  { database, now, log }: Pick<Platform, 'database' | 'now'> & { log: TopicLog },
  newId: () => string,
): Rows<F> {
  const compiled = compile(collection)
  // So that a row made again under its old id never repeats a version, and with it an ETag.
  let newestVersion = 0
  const { create, change } = collection.schemas
  const fields = Object.entries(collection.fields)
  const isOwned = hasOwner(collection)
  const declared = fields.filter(([name]) => !isOwned || name !== ownerField)
  const encode = (row: Record<string, unknown>): SqlValue[] => [
    row.id as string,
    Date.parse(row.createdAt as string),
    row.version as number,
    ...fields.map(([name, { column }]) => column.encode(row[name])),
  ]
  const decode = (stored: SqlRow): RowOf<F> => {
    const row: Record<string, unknown> = { id: stored.id }
    for (const [name, { column }] of fields) row[name] = column.decode(stored[name] ?? null)
    row.createdAt = isoTime(Number(stored.createdAt))
    row.version = stored.version
    return row as RowOf<F>
  }
  const feed = createFeed(collection, log)
  const allReferences = referencesIn(collection)

  /** Requires the rows that these values refer to. */
  function references(values: Readonly<Record<string, unknown>>): Statement[] {
    return allReferences.flatMap(({ field, target, guard }) => {
      const id = values[field]
      return typeof id === 'string'
        ? [{ sql: `select "id" from "${target}" where "id" = ?`, parameters: [id], guard }]
        : []
    })
  }

  /** The stored row with changes, and a newer version. */
  function changed(stored: SqlRow, changes: Readonly<Record<string, unknown>>): SqlRow {
    const next: Record<string, SqlValue> = { ...stored, version: Math.max(Number(stored.version) + 1, now()) }
    newestVersion = Math.max(newestVersion, Number(next.version))
    for (const [name, { column }] of fields) if (changes[name] !== undefined) next[name] = column.encode(changes[name])
    return next
  }

  function updateStatement(stored: SqlRow): Statement {
    const values = fields.map(([name]) => stored[name] ?? null)
    return { ...compiled.update, parameters: [stored.version as number, ...values, stored.id as string] }
  }

  return {
    decode,
    get: (id, only = null) =>
      andThen(
        database.read(only === null ? { sql: compiled.get.sql, parameters: [id] } : selectOne(collection, id, only)),
        ([stored]) => (stored ? decode(stored) : null),
      ),
    make(body, chosenId, owner) {
      const values = validate(create, body)
      const ms = now()
      const row: Record<string, unknown> = { id: chosenId ?? newId() }
      for (const [name] of declared) row[name] = values[name]
      if (isOwned) row[ownerField] = owner ?? null
      row.createdAt = new Date(ms).toISOString()
      row.version = chosenId === undefined ? ms : Math.max(newestVersion + 1, ms)
      newestVersion = Math.max(newestVersion, row.version as number)
      return row as RowOf<F>
    },
    *insert(row) {
      yield [...references(row), { ...compiled.insert, parameters: encode(row) }, ...feed.created(row)]
      return row
    },
    *update(id, changes, match) {
      const isGiven = typeof changes !== 'function'
      if (isGiven) yield references(changes)
      const stored = yield* one({ ...compiled.get, parameters: [id] })
      if (match && !match(Number(stored.version))) throw new AppError('precondition_failed')
      const before = decode(stored)
      const next = changed(stored, isGiven ? changes : changes(before))
      const row = decode(next)
      yield [updateStatement(next), ...feed.updated(before, row)]
      return { before, row }
    },
    *remove(id, match) {
      if (match) {
        const stored = yield* one({ ...compiled.get, parameters: [id] })
        if (!match(Number(stored.version))) throw new AppError('precondition_failed')
      }
      const row = decode(yield* one({ ...compiled.remove, parameters: [id] }))
      yield feed.deleted(row)
      return row
    },
    change(body) {
      const values = validate(change, body)
      return Object.fromEntries(
        declared.flatMap(([name]) => (values[name] === undefined ? [] : [[name, values[name]]])),
      ) as ChangeOf<F>
    },
  }
}
