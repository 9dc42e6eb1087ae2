import { builder, statementOf } from '../database/dialect.ts'
import { AppError } from '../errors.ts'
import { validate } from '../http/validation.ts'
import { isoTime } from '../iso-time.ts'
import type { Guard, Results, SqlRow, SqlValue, Statement, Step } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import type { TopicLog } from '../topics/log.ts'
import { hasOwner, ownerField } from './access.ts'
import type { AnyCollection, ChangeOf, Collection, RowOf } from './collection.ts'
import type { Condition } from './condition.ts'
import { createFeed } from './feed.ts'
import type { Fields } from './field.ts'

/** Whether a version is the one that the client means; see `If-Match`. */
export type Match = (version: number) => boolean

/** Reads the rows of a collection and builds the statements that change them. */
export interface Rows<F extends Fields> {
  /** At once where the database answers at once, which a hot route should make use of. */
  get(id: string, only?: Condition | null): RowOf<F> | null | Promise<RowOf<F> | null>
  /** Makes a row of a body, with its id, time, version and owner; nothing is stored yet. @throws AppError `validation_failed` */
  make(body: unknown, id?: string, owner?: string): RowOf<F>
  /** Stores a row and tells its topic; fails with `precondition_failed` when its id is taken. */
  insert(row: RowOf<F>): Step[]
  /**
   * Changes the fields given, or those that a pure function of the row gives, which may throw an
   * AppError, and tells its topic. `last` of its results is the new row. Fails with `not_found`, or `precondition_failed`
   * where `match` says no.
   */
  update(id: string, changes: ChangeOf<F> | ((row: RowOf<F>) => ChangeOf<F>), match?: Match): Step[]
  /** Removes a row and tells its topic. Fails as `update` does, and with `conflict` while another row names it. */
  remove(id: string, match?: Match): Step[]
  /** A stored row as the API gives it. */
  decode(stored: SqlRow): RowOf<F>
  /** The row that the last change of a write returned. */
  last(results: Results): RowOf<F>
  /** The row as it was before the last change of a write. */
  before(results: Results): RowOf<F>
  /** A body that changes a row, validated. @throws AppError `validation_failed` */
  change(body: unknown): ChangeOf<F>
}

/** Goes on with a value that may be a promise, and at once where it is none. */
export function andThen<T, U>(value: T | Promise<T>, use: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(use) : use(value)
}

const selects = new WeakMap<AnyCollection, string>()

/** Reads all columns, as far as `where`. */
export function selectOf(collection: AnyCollection): string {
  let text = selects.get(collection)
  if (text === undefined) {
    text = `select ${columnsOf(collection)
      .map((column) => `"${column}"`)
      .join()} from "${collection.name}"`
    selects.set(collection, text)
  }
  return text
}

/** The columns of a collection's table, in order. */
export function columnsOf({ fields }: AnyCollection): string[] {
  return ['id', 'createdAt', 'version', ...Object.keys(fields)]
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
  const feed = createFeed(collection, log, decode)
  const references = (values: Record<string, unknown>): Statement[] =>
    compiled.references.flatMap(({ field, statement }) => {
      const id = values[field]
      return typeof id === 'string' ? [{ ...statement, parameters: [id] }] : []
    })
  const updated = (stored: SqlRow, changes: Record<string, unknown>, match?: Match): Statement => {
    if (match && !match(Number(stored.version))) throw new AppError('precondition_failed')
    const version = Math.max(Number(stored.version) + 1, now())
    newestVersion = Math.max(newestVersion, version)
    const values = fields.map(([name, { column }]) =>
      changes[name] === undefined ? (stored[name] ?? null) : column.encode(changes[name]),
    )
    return { ...compiled.update, parameters: [version, ...values, stored.id as string] }
  }

  return {
    decode,
    get: (id, only = null) =>
      andThen(
        database.read(only === null ? { ...compiled.get, parameters: [id] } : oneOf(collection, id, only)),
        ([stored]) => (stored ? decode(stored) : null),
      ),
    last: (results) => decode(changedRow(results)),
    before: (results) => decode(changedRow(results, 1)),
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
    insert: (row) => [...references(row), { ...compiled.insert, parameters: encode(row) }, ...feed.created(row)],
    update: (id, changes, match) => [
      ...(typeof changes === 'function' ? [] : references(changes)),
      { ...compiled.get, parameters: [id], guard: notFound },
      (earlier) => {
        const stored = lastRow(earlier)
        return updated(stored, typeof changes === 'function' ? changes(decode(stored)) : changes, match)
      },
      ...feed.updated,
    ],
    remove(id, match) {
      const remove = { ...compiled.remove, parameters: [id] }
      if (!match) return [remove, ...feed.deleted]
      return [
        { ...compiled.get, parameters: [id], guard: notFound },
        (earlier) => {
          if (!match(Number(lastRow(earlier).version))) throw new AppError('precondition_failed')
          return remove
        },
        ...feed.deleted,
      ]
    },
    change(body) {
      const values = validate(change, body)
      return Object.fromEntries(
        declared.flatMap(([name]) => (values[name] === undefined ? [] : [[name, values[name]]])),
      ) as ChangeOf<F>
    },
  }
}

/** The row with this id, if it is as the condition says. */
function oneOf(collection: AnyCollection, id: string, { sql, values }: Condition): Statement {
  return { sql: `${selectOf(collection)} where "id" = ? and ${sql}`, parameters: [id, ...values] }
}

const notFound: Guard = { error: 'not_found' }

/** The row that the last statement returned; it is guarded, or an UPDATE of a row that is. */
function lastRow(earlier: Results): SqlRow {
  const row = earlier.at(-1)?.[0]
  if (!row) throw new Error('The last statement returned no row.')
  return row
}

/** The row that the last change returned; what tells topics comes after it. */
function changedRow(results: Results, skipped = 0): SqlRow {
  const rows = results.filter(([first]) => first !== undefined && first.galley_topic === undefined)
  const row = rows.at(-1 - skipped)?.[0]
  if (!row) throw new Error('The write changed no row.')
  return row
}

/** The hot statements, compiled once; their parameters come in the order that each comment gives. */
function compile(collection: AnyCollection) {
  const { name, fields } = collection
  const columns = columnsOf(collection)
  const blanks = (names: string[]) => Object.fromEntries(names.map((column) => [column, null]))
  const changeable = ['version', ...Object.keys(fields)]
  return {
    // id
    get: statementOf(builder.selectFrom(name).select(columns).where('id', '=', '')),
    // every column
    insert: {
      ...statementOf(
        builder
          .insertInto(name)
          .values(blanks(columns))
          .onConflict((conflict) => conflict.column('id').doNothing())
          .returning('id'),
      ),
      guard: { error: 'precondition_failed', message: 'There is a row with this id already.' } satisfies Guard,
    },
    // version, every field, id
    update: statementOf(builder.updateTable(name).set(blanks(changeable)).where('id', '=', '').returning(columns)),
    // id
    remove: { ...statementOf(builder.deleteFrom(name).where('id', '=', '').returning(columns)), guard: notFound },
    references: referencesOf(collection),
  }
}

/** For each reference a guarded look at what it names. */
function referencesOf({ fields }: AnyCollection) {
  return Object.entries((fields ?? {}) as Fields).flatMap(([field, { column }]) => {
    const { references } = column
    if (references === null) return []
    const guard: Guard = { error: 'validation_failed', field, message: `names none of ${references}` }
    const statement = statementOf(builder.selectFrom(references).select('id').where('id', '=', ''))
    return [{ field, statement: { ...statement, guard } }]
  })
}
