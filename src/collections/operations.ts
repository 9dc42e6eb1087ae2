/**
 * What can be done with the rows of a collection on somebody's behalf, with its rules and hooks. The routes and the clients
 * inside the server (`app.as`) are made of it, so both obey the same rules.
 */
import { guardError } from '../database/failure.ts'
import { run } from '../database/steps.ts'
import { andThen, type Database, type SqlRow, type Statement, type Steps, type Write } from '../ports/database.ts'
import { type Actor, identityOf, refusal, writerOf } from '../request/identity.ts'
import { matches } from './access.ts'
import { type Group, readGroups } from './aggregate.ts'
import { type AggregateQuery, createAggregateParser } from './aggregate-query.ts'
import type { Action, AnyCollection, Collection, Match, MatchOptions, Rows } from './declaration.ts'
import { type ExpandBounds, type ExpandOptions, expandRows } from './expand.ts'
import { type Expand, parseExpand } from './expand-query.ts'
import type { Fields } from './field.ts'
import { decodeSelected, fieldNames } from './field-selection.ts'
import type { ListableFields } from './filter-query.ts'
import { History } from './history.ts'
import { type AllowedQuery, countRows, readPage } from './list.ts'
import { type ListQuery, listableFields, type OtherParameters, parseListQuery } from './list-query.ts'
import type { Declared, List } from './local-client.ts'
import { Permissions } from './permissions.ts'
import { listsOfReferences } from './reference-index.ts'
import type { RowOf } from './row-types.ts'
import { type Matches, readMatches } from './search.ts'
import { notFound, selectOne } from './statements.ts'
import { Trash } from './trash.ts'

interface OperationsOptions<F extends Fields> {
  rows: Rows<F>
  database: Database
  /** All collections by name, for references. */
  collections: ReadonlyMap<string, AnyCollection>
  /** Returns the function that converts stored rows of a collection. */
  decodeOf(name: string): (stored: SqlRow) => object
}

/** Those that prepare a write validate and throw at once, and return its steps. */
export class Operations<F extends Fields> {
  readonly #collection: Collection<string, F>
  readonly #rows: Rows<F>
  readonly #database: Database
  readonly #permissions: Permissions
  readonly #listable: ListableFields
  readonly #parseAggregate: (parameters: URLSearchParams) => AggregateQuery
  readonly #others: OtherParameters
  readonly #expanding: ExpandOptions
  readonly #lists: readonly string[]
  /** Parses the references to expand. @throws AppError `validation_failed` */
  readonly parseExpand: (text: string) => readonly Expand[]
  /** Null for a collection without one. */
  readonly trash: Trash<F> | null
  /** Null for a collection without histories. */
  readonly history: History<F> | null

  constructor(collection: Collection<string, F>, { rows, database, collections, decodeOf }: OperationsOptions<F>) {
    this.#collection = collection
    this.#rows = rows
    this.#database = database
    const permissions = new Permissions(collection, collections)
    this.#permissions = permissions
    this.trash = collection.softDelete ? new Trash(collection, { rows, database, permissions }) : null
    const get = (id: string, who: Actor) => this.get(id, who)
    this.history = collection.history ? new History(collection, { database, permissions, get }) : null
    this.#listable = listableFields(collection)
    this.#parseAggregate = createAggregateParser(collection, this.#listable)
    this.parseExpand = (text) => parseExpand(text, collection, collections)
    this.#others = {
      names: fieldNames(collection),
      isSearched: collection.search !== undefined,
      parseExpand: this.parseExpand,
    }
    this.#lists = listsOfReferences(collection)
    this.#expanding = { database, decodeOf: (target) => decodeOf(target.name) }
  }

  /**
   * Refuses an action that is allowed for no row at all, before anything is read for it.
   * @throws AppError `unauthorized`, `forbidden`
   */
  permit(action: Action, who: Actor): void {
    this.#permissions.allowed(action, who)
  }

  /** @throws AppError `not_found`, `unauthorized`, `forbidden` */
  get(id: string, who: Actor): RowOf<F> | Promise<RowOf<F>> {
    return andThen(this.#rows.get(id, this.#permissions.readable(who)), (row) => this.#found(row))
  }

  /** Parses the parameters of a list. @throws AppError `validation_failed` that names each bad one */
  query(parameters: URLSearchParams): ListQuery {
    return parseListQuery(parameters, this.#listable, this.#others)
  }

  /** @throws AppError `unauthorized`, `forbidden`, `validation_failed` when the expanded rows are too long */
  list(query: ListQuery, who: Actor, bounds?: ExpandBounds): List<F> | Promise<List<F>> {
    const { fields } = query
    const decode = fields === null ? this.#rows.decode : decodeSelected(this.#collection, fields)
    return andThen(this.#read({ ...query, only: this.#permissions.readable(who) }), (page) => {
      // One by one, because copying the rest of an object takes microseconds.
      const list: List<F> = { rows: page.rows.map(decode) as RowOf<F>[], next: page.next }
      if (page.count !== undefined) list.count = page.count
      if (page.isScan) list.isScan = true
      if (query.expand.length === 0) return list
      return this.expand(list.rows, query.expand, who, bounds).then((expandedRows) => ({ ...list, expandedRows }))
    })
  }

  /** Puts the rows that these refer to into them, and resolves with their number. @throws AppError `validation_failed` when they are too long */
  expand(rows: readonly object[], expand: readonly Expand[], who: Actor, bounds?: ExpandBounds): Promise<number> {
    return expandRows(rows, expand, who, this.#expanding, bounds)
  }

  #read(query: AllowedQuery): Matches | Promise<Matches> {
    const { search } = query
    if (search !== null) return readMatches(this.#database, this.#collection, query, search)
    return andThen(readPage(this.#database, this.#collection, query), (page) => {
      if (!query.count) return page
      return andThen(countRows(this.#database, this.#collection, query), (count) => ({ ...page, count }))
    })
  }

  /** @throws AppError `unauthorized`, `forbidden`, `validation_failed` */
  aggregate(parameters: URLSearchParams, who: Actor): Group[] | Promise<Group[]> {
    const query = { ...this.#parseAggregate(parameters), only: this.#permissions.readable(who) }
    return readGroups(this.#database, this.#collection, query)
  }

  /** Counts the ids in the lists of references of a body, each of which a write checks and indexes. */
  listedIn(body: unknown): number {
    let count = 0
    for (const name of this.#lists) {
      const ids: unknown = (body as Readonly<Record<string, unknown>> | null)?.[name]
      if (Array.isArray(ids)) count += ids.length
    }
    return count
  }

  /** Reads a row inside a write. */
  finding(id: string, who: Actor): Write<RowOf<F>> {
    const select = selectOne(this.#collection, id, this.#permissions.readable(who))
    return () => this.#find(select)
  }

  creating(body: unknown, who: Actor, id?: string): Write<RowOf<F>> {
    const rows = this.#rows
    const identity = identityOf(who)
    const decision = this.#permissions.allowed('create', who)
    const row = rows.make(body, id, identity?.userId)
    if (!matches(row, decision)) throw refusal(identity)
    const checks = this.#permissions.referencesOf(row, who)
    const options = { identity: writerOf(who) }
    return function* () {
      if (checks.length > 0) yield checks
      return yield* rows.insert(row, options)
    }
  }

  changing(id: string, body: unknown, who: Actor, match?: Match): Write<RowOf<F>> {
    const rows = this.#rows
    const permissions = this.#permissions
    const identity = writerOf(who)
    const permitted = permissions.required('update', id, who)
    const changes = rows.change(body)
    const checks = [...permitted, ...permissions.referencesOf(changes, who, id)]
    return function* () {
      if (checks.length > 0) yield checks
      const change = yield* rows.update(id, changes, { match, identity })
      permissions.checkMove(change, who)
      return change.row
    }
  }

  removing(id: string, who: Actor, options: Pick<MatchOptions, 'match' | 'onDependents'> = {}): Write<RowOf<F>> {
    const rows = this.#rows
    const identity = writerOf(who)
    const permitted = this.#permissions.required('delete', id, who)
    return function* () {
      if (permitted.length > 0) yield permitted
      return yield* rows.remove(id, { ...options, identity })
    }
  }

  *#find(select: Statement): Steps<RowOf<F>> {
    const [stored] = yield* run(select)
    return this.#found(stored === undefined ? null : this.#rows.decode(stored))
  }

  #found(row: RowOf<F> | null): RowOf<F> {
    if (row === null) throw guardError(notFound(this.#collection))
    return row
  }
}

/** Finds the operations on a collection. @throws TypeError for one that the app does not have */
export type OperationsOf = <F extends Fields>(collection: Declared<F>) => Operations<F>

export function createOperationsOf(
  collections: readonly AnyCollection[],
  rowsOf: <F extends Fields>(collection: Collection<string, F>) => Rows<F>,
  database: Database,
): OperationsOf {
  const byName = new Map(collections.map((each) => [each.name, each]))
  const decodeOf = (name: string) => rowsOf(byName.get(name) as AnyCollection).decode
  // biome-ignore lint/suspicious/noExplicitAny: operations on rows of any fields.
  const all = new Map<string, Operations<any>>(
    collections.map((each) => [
      each.name,
      new Operations(each, { rows: rowsOf(each), database, collections: byName, decodeOf }),
    ]),
  )
  return ({ name }) => {
    const found = all.get(name)
    if (found === undefined) throw new TypeError(`The app has no collection ${name}.`)
    return found
  }
}
