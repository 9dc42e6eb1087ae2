import { one, run } from '../database/steps.ts'
import { AppError } from '../errors.ts'
import { validate } from '../http/validation.ts'
import { isoTime } from '../iso-time.ts'
import type { SqlRow, SqlValue, Statement } from '../ports/database.ts'
import type { TopicLog } from '../topics/log.ts'
import { hasOwner, ownerField } from './access.ts'
import type { AnyCollection, ChangeOf, Collection, RowOf, Rows } from './declaration.ts'
import { createFeed } from './feed.ts'
import type { Fields } from './field.ts'
import { createHookRunner, type HookOptions } from './hooks.ts'
import { compile, referencesIn, selectOne } from './statements.ts'

/** Goes on with a value that may be a promise, and at once where it is none. */
export function andThen<T, U>(value: T | Promise<T>, use: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(use) : use(value)
}

export interface RowsOptions extends HookOptions {
  log: TopicLog
  newId(): string
}

export function createRows<F extends Fields>(
  collection: Collection<string, F>,
  { newId, log, ...options }: RowsOptions,
): Rows<F> {
  const { database, now } = options
  const compiled = compile(collection)
  const hooks = createHookRunner(collection, options)
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

  /** Validates changes, and drops the fields that the server sets. */
  function changesOf(body: unknown): ChangeOf<F> {
    const values = validate(change, body)
    return Object.fromEntries(
      declared.flatMap(([name]) => (values[name] === undefined ? [] : [[name, values[name]]])),
    ) as ChangeOf<F>
  }

  /** The stored row with changes. */
  function encodeInto(stored: SqlRow, changes: Readonly<Record<string, unknown>>): SqlRow {
    const next: Record<string, SqlValue> = { ...stored }
    for (const [name, { column }] of fields) if (changes[name] !== undefined) next[name] = column.encode(changes[name])
    return next
  }

  /** The stored row with changes, and a newer version. */
  function changed(stored: SqlRow, changes: Readonly<Record<string, unknown>>): SqlRow {
    const version = Math.max(Number(stored.version) + 1, now())
    newestVersion = Math.max(newestVersion, version)
    return encodeInto({ ...stored, version }, changes)
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
    *find(id) {
      const [stored] = yield* run({ sql: compiled.get.sql, parameters: [id] })
      return stored === undefined ? null : decode(stored)
    },
    *insert(given, { identity = null } = {}) {
      const extra = hooks === null ? undefined : yield* hooks.beforeCreate(given, identity)
      const row = extra === undefined ? given : { ...given, ...changesOf(extra) }
      const insert = { ...compiled.insert, parameters: encode(row), ...hooks?.afterCreate(row, identity) }
      yield [...references(row), insert, ...feed.created(row)]
      return row
    },
    *update(id, changes, { match, identity = null } = {}) {
      const isGiven = typeof changes !== 'function'
      if (isGiven) yield references(changes)
      const stored = yield* one({ ...compiled.get, parameters: [id] })
      if (match && !match(Number(stored.version))) throw new AppError('precondition_failed')
      const before = decode(stored)
      const wanted = changed(stored, isGiven ? changes : changes(before))
      const extra = hooks === null ? undefined : yield* hooks.beforeUpdate(before, decode(wanted), identity)
      if (extra !== undefined) yield references(extra)
      const next = extra === undefined ? wanted : encodeInto(wanted, changesOf(extra))
      const row = decode(next)
      const update = { ...updateStatement(next), ...hooks?.afterUpdate(before, row, identity) }
      yield [update, ...feed.updated(before, row)]
      return { before, row }
    },
    *remove(id, { match, identity = null } = {}) {
      const stored = yield* one({ ...compiled.get, parameters: [id] })
      if (match && !match(Number(stored.version))) throw new AppError('precondition_failed')
      const row = decode(stored)
      if (hooks) yield* hooks.beforeDelete(row, identity)
      yield [{ ...compiled.remove, parameters: [id], ...hooks?.afterDelete(row, identity) }, ...feed.deleted(row)]
      return row
    },
    change: changesOf,
  }
}

/** Makes the rows of all collections, each of which the hooks of the others can use. */
export function createRowsOfAll(
  collections: readonly AnyCollection[],
  options: Omit<RowsOptions, 'rowsOf'>,
): RowsOptions['rowsOf'] {
  // biome-ignore lint/suspicious/noExplicitAny: rows of any fields; their row type stands in both positions.
  const all = new Map<AnyCollection, Rows<any>>()
  const rowsOf: RowsOptions['rowsOf'] = (collection) => {
    const rows = all.get(collection)
    if (rows === undefined) throw new TypeError(`The app has no collection ${collection.name}.`)
    return rows
  }
  for (const collection of collections) all.set(collection, createRows(collection, { ...options, rowsOf }))
  return rowsOf
}
