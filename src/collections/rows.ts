import { one, run } from '../database/steps.ts'
import { AppError } from '../errors.ts'
import { validate } from '../http/validation.ts'
import { andThen, type SqlRow, type Statement, type Steps } from '../ports/database.ts'
import type { Identity } from '../request/identity.ts'
import type { TopicLog } from '../topics/log.ts'
import { hasOwner, ownerField } from './access.ts'
import type { Condition } from './condition.ts'
import type { AnyCollection, Change, Collection, Match, MatchOptions, Rows, WriteOptions } from './declaration.ts'
import {
  type DeletableRows,
  type DeletedIds,
  type Dependents,
  deleteWithDependents,
  dependentsIn,
  type Removal,
} from './deletion.ts'
import { createFeed, type Feed, joinFeeds } from './feed.ts'
import type { Fields } from './field.ts'
import { actorOf, createHistoryRecorder, type HistoryRecorder } from './history-recorder.ts'
import { createJobFeed, type EnqueueChange } from './hook-jobs.ts'
import { createHookRunner, type HookOptions, type HookRunner } from './hooks.ts'
import { type ReferenceField, referencesIn, requireTargets } from './references.ts'
import {
  purgeWithDependents,
  type RestorableRows,
  type RestoreOptions,
  restoreRow,
  restoreWithDependents,
} from './restoration.ts'
import { createRowCodec, type RowCodec } from './row-codec.ts'
import type { ChangeOf, RowOf } from './row-types.ts'
import { compile, selectOne } from './statements.ts'
import { findTrashed, insertTrashed, requireNotTrashed, trashedRowOf } from './trash-store.ts'

export interface RowsOptions extends HookOptions {
  topicLog: TopicLog
  newId(): string
  enqueueChange: EnqueueChange
  /** A further record of the changes of a collection; null for none. */
  feedOf?: ((collection: AnyCollection) => Feed | null) | undefined
  dependents: Dependents
  /** All collections by their names. */
  collections: ReadonlyMap<string, AnyCollection>
  rowsOf<F extends Fields>(collection: Collection<string, F>): CollectionRows<F>
}

class CollectionRows<F extends Fields> implements Rows<F>, DeletableRows, RestorableRows {
  readonly decode: (stored: SqlRow) => RowOf<F>
  readonly #collection: Collection<string, F>
  readonly #options: RowsOptions
  readonly #codec: RowCodec<F>
  readonly #statements: ReturnType<typeof compile>
  readonly #references: readonly ReferenceField[]
  readonly #feed: Feed
  readonly #hooks: HookRunner<F> | null
  readonly #history: HistoryRecorder | null
  readonly #hasTrash: boolean
  /** The fields that clients and hooks may set. */
  readonly #declared: readonly string[]
  readonly #isOwned: boolean
  /** Rows and changes that were validated already. */
  readonly #valid = new WeakSet<object>()
  /** So that a row created again under its old id never repeats a version, and with it an ETag. */
  #newestVersion = 0

  constructor(collection: Collection<string, F>, options: RowsOptions) {
    this.#collection = collection
    this.#options = options
    this.#codec = createRowCodec(collection)
    this.decode = this.#codec.decode
    this.#statements = compile(collection)
    this.#references = referencesIn(collection, options.collections)
    const feeds = [
      createFeed(collection, options.topicLog),
      createJobFeed(collection, options.enqueueChange),
      options.feedOf?.(collection) ?? null,
    ]
    this.#feed = joinFeeds(feeds.filter((feed) => feed !== null))
    this.#hooks = createHookRunner(collection, options)
    this.#history = createHistoryRecorder(collection, options.now)
    this.#hasTrash = collection.softDelete !== undefined
    this.#isOwned = hasOwner(collection)
    this.#declared = Object.keys(collection.fields).filter((name) => !this.#isOwned || name !== ownerField)
  }

  get(id: string, only: Condition | null = null): RowOf<F> | null | Promise<RowOf<F> | null> {
    const select = only === null ? this.#select(id) : selectOne(this.#collection, id, only)
    return andThen(this.#options.database.read(select), ([stored]) => (stored ? this.decode(stored) : null))
  }

  make(body: unknown, chosenId?: string, owner?: string, versionMin = 0): RowOf<F> {
    const values = validate(this.#collection.schemas.create, body)
    const ms = this.#options.now()
    const row: Record<string, unknown> = { id: chosenId ?? this.#options.newId() }
    for (const name of this.#declared) row[name] = values[name]
    if (this.#isOwned) row[ownerField] = owner ?? null
    row.createdAt = new Date(ms).toISOString()
    row.version = this.#noteVersion(chosenId === undefined ? ms : Math.max(this.#newestVersion + 1, ms, versionMin))
    this.#valid.add(row)
    return row as RowOf<F>
  }

  change(body: unknown): ChangeOf<F> {
    const values = validate(this.#collection.schemas.change, body)
    // A schema may give a value to a field that the body omits.
    const given = this.#declared.filter((name) => Object.hasOwn(body as object, name) && values[name] !== undefined)
    const changes = Object.fromEntries(given.map((name) => [name, values[name]])) as ChangeOf<F>
    this.#valid.add(changes)
    return changes
  }

  *find(id: string): Steps<RowOf<F> | null> {
    const [stored] = yield* run(this.#select(id))
    return stored === undefined ? null : this.decode(stored)
  }

  /** @param trashed the row in the trash that it was, of which the targets are required later */
  *insert(
    given: RowOf<F>,
    { identity }: WriteOptions = {},
    trashed: Readonly<Record<string, unknown>> | null = null,
  ): Steps<RowOf<F>> {
    const hooks = this.#hooks
    const valid = this.#valid.has(given) ? given : { ...given, ...this.change(given) }
    const extra = hooks === null ? undefined : yield* hooks.beforeCreate(valid, identity, trashed !== null)
    const row = extra === undefined ? valid : { ...valid, ...this.change(extra) }
    const parameters = this.#codec.encode(row)
    const insert = { ...this.#statements.insert, parameters, ...hooks?.afterCreate(row, identity, trashed !== null) }
    const required = trashed === null ? requireTargets(this.#references, row) : []
    if (this.#hasTrash) required.push(requireNotTrashed(this.#collection, row.id))
    const statements = [...required, insert, ...this.#feed.created(row, identity, trashed !== null)]
    if (this.#history !== null)
      statements.push(
        ...(trashed ? this.#history.restored(trashed, row, identity) : this.#history.created(row, identity)),
      )
    yield statements
    return row
  }

  *update(
    id: string,
    changes: ChangeOf<F> | ((row: RowOf<F>) => ChangeOf<F>),
    { match, identity }: MatchOptions = {},
  ): Steps<Change<F>> {
    const given = typeof changes === 'function' ? null : this.#validated(changes)
    if (given !== null) yield requireTargets(this.#references, given)
    const stored = yield* this.#require(id, match)
    const before = this.decode(stored)
    const version = this.#noteVersion(Math.max(Number(stored.version) + 1, this.#options.now()))
    const computed = given ?? this.#validated((changes as (row: RowOf<F>) => ChangeOf<F>)(before))
    if (given === null) yield requireTargets(this.#references, computed)
    const changed = this.#codec.change({ ...stored, version }, computed)
    const next = this.#hooks === null ? changed : yield* this.#changeByHook(this.#hooks, before, changed, identity)
    const row = this.decode(next)
    const parameters = [...this.#codec.changeable(next), id]
    const update = { ...this.#statements.update, parameters, ...this.#hooks?.afterUpdate(before, row, identity) }
    const statements = [update, ...this.#feed.updated(before, row, identity)]
    if (this.#history !== null) statements.push(...this.#history.updated(before, row, identity))
    yield statements
    return { before, row }
  }

  *remove(id: string, { match, identity, onDependents }: MatchOptions = {}): Steps<RowOf<F>> {
    const row = this.decode(yield* this.#require(id, match))
    const { dependents, rowsOf, newId } = this.#options
    const isBelow = dependents.has(this.#collection.name)
    const deletion = isBelow || this.#hasTrash ? newId() : ''
    if (isBelow)
      yield* deleteWithDependents(this.#collection, id, { dependents, rowsOf, deletion, identity, onDependents })
    else yield* this.#removeRow(row, { identity, deletion, isRoot: true })
    return row
  }

  *clear(
    id: string,
    fields: Iterable<string>,
    deleted: DeletedIds,
    identity: Identity | null | undefined,
  ): Steps<void> {
    const row = yield* this.find(id)
    if (row === null) return
    const changes = Array.from(fields, (field) => {
      const gone = new Set(deleted.get(this.#collection.fields[field]?.column.references?.collection ?? ''))
      const value: unknown = row[field]
      return [field, Array.isArray(value) ? value.filter((each) => !gone.has(each)) : null] as const
    })
    yield* this.update(id, Object.fromEntries(changes) as ChangeOf<F>, { identity })
  }

  *removeAlone(id: string, removal: Removal): Steps<void> {
    const row = yield* this.find(id)
    if (row !== null) yield* this.#removeRow(row, removal)
  }

  *#removeRow(row: RowOf<F>, { identity, deletion, isRoot }: Removal): Steps<void> {
    if (this.#hooks) yield* this.#hooks.beforeDelete(row, identity)
    const remove = { ...this.#statements.remove, parameters: [row.id], ...this.#hooks?.afterDelete(row, identity) }
    const statements: Statement[] = [remove, ...this.#feed.deleted(row, identity)]
    if (this.#hasTrash) {
      const values = [this.#options.now(), actorOf(identity), deletion, Number(isRoot), JSON.stringify(row)]
      statements.push(insertTrashed(this.#collection.name, row.id, ...values))
    }
    if (this.#history !== null) statements.push(...this.#history.deleted(row, identity))
    yield statements
  }

  *findTrashed(id: string): Steps<RowOf<F> | null> {
    const [stored] = yield* run(findTrashed(this.#collection, id))
    return stored === undefined ? null : (trashedRowOf(this.#collection, stored) as RowOf<F>)
  }

  *restore(id: string, { identity, onDependents }: WriteOptions = {}): Steps<RowOf<F>> {
    const { collections } = this.#options
    const rowsOf = (name: string) => {
      const collection = collections.get(name)
      return collection === undefined ? null : this.#options.rowsOf<Fields>(collection)
    }
    yield* restoreWithDependents(this.#collection, id, { identity, onDependents, rowsOf })
    return this.decode(yield* this.#require(id))
  }

  purge(id: string, options: Pick<WriteOptions, 'onDependents'> = {}): Steps<void> {
    return purgeWithDependents(this.#collection, id, options)
  }

  *restoreAlone(id: string, options: RestoreOptions): Steps<readonly Statement[]> {
    const row = yield* restoreRow(this.#collection, id, this.#references, options, this)
    return row === null ? [] : requireTargets(this.#references, row)
  }

  /** Code of the app may pass what no client could. Only such code may change an owner. */
  #validated(changes: ChangeOf<F>): ChangeOf<F> {
    if (this.#valid.has(changes)) return changes
    const owner = this.#isOwned ? changes[ownerField] : undefined
    return { ...this.change(changes), ...(owner !== undefined && { [ownerField]: owner }) }
  }

  *#changeByHook(
    hooks: HookRunner<F>,
    before: RowOf<F>,
    changed: SqlRow,
    identity: Identity | null | undefined,
  ): Steps<SqlRow> {
    const extra = yield* hooks.beforeUpdate(before, this.decode(changed), identity)
    if (extra === undefined) return changed
    const changes = this.change(extra)
    yield requireTargets(this.#references, changes)
    return this.#codec.change(changed, changes)
  }

  #select(id: string): Statement {
    return { sql: this.#statements.get.sql, parameters: [id] }
  }

  /** Reads a stored row that must be there. */
  *#require(id: string, match?: Match): Steps<SqlRow> {
    const stored = yield* one({ ...this.#statements.get, parameters: [id] })
    if (match && !match(Number(stored.version))) throw new AppError('precondition_failed')
    return stored
  }

  #noteVersion(version: number): number {
    this.#newestVersion = Math.max(this.#newestVersion, version)
    return version
  }
}

/** The rows of each collection by its name. */
// biome-ignore lint/suspicious/noExplicitAny: rows of any fields; their row type stands in both positions.
export type RowsOfAll = Record<string, Rows<any>>

export interface AllRows {
  all: RowsOfAll
  /** @throws TypeError for a collection that the app does not have */
  rowsOf: RowsOptions['rowsOf']
}

/** Makes the rows of all collections. The hooks of each can use those of the others. */
export function createAllRows(
  collections: readonly AnyCollection[],
  options: Omit<RowsOptions, 'rowsOf' | 'dependents' | 'collections'>,
): AllRows {
  const rowsOf: RowsOptions['rowsOf'] = ({ name }) => {
    const rows = all.get(name)
    if (rows === undefined) throw new TypeError(`The app has no collection ${name}.`)
    return rows
  }
  const byName = new Map(collections.map((each) => [each.name, each]))
  const shared = { ...options, rowsOf, dependents: dependentsIn(collections), collections: byName }
  // biome-ignore lint/suspicious/noExplicitAny: see `RowsOfAll`.
  const all = new Map<string, CollectionRows<any>>(
    collections.map((collection) => [collection.name, new CollectionRows(collection, shared)]),
  )
  return { all: Object.fromEntries(all), rowsOf }
}
