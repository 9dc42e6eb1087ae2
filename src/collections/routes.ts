import { guardError } from '../database/failure.ts'
import { idPattern } from '../database/id.ts'
import { AppError, invalidField } from '../errors.ts'
import { readJson } from '../http/body.ts'
import type { Commit } from '../http/commit.ts'
import { etagOf, matchesTag } from '../http/etag.ts'
import { reply, replyWith } from '../http/reply.ts'
import { ValidatedRoutes } from '../http/validated-routes.ts'
import { andThen, type Database, type SqlRow } from '../ports/database.ts'
import type { Context } from '../request/context.ts'
import { trimBlanks } from '../request/header-value.ts'
import { refusal } from '../request/identity.ts'
import type { TopicLog } from '../topics/log.ts'
import type { Position } from '../topics/position.ts'
import { matches } from './access.ts'
import { readGroups } from './aggregate.ts'
import { createAggregateParser } from './aggregate-query.ts'
import type { AnyCollection, Collection, Match, RowOf, Rows } from './declaration.ts'
import { topicOfList } from './feed.ts'
import type { Fields } from './field.ts'
import { decodeSelected, type FieldSelection, fieldNames, parseFields, selectFields } from './field-selection.ts'
import { type AllowedQuery, countRows, readPage } from './list.ts'
import { type ListQuery, listableFields, parseListQuery } from './list-query.ts'
import { Permissions } from './permissions.ts'
import { declareRoutes } from './route-declarations.ts'
import { type Matches, readMatches } from './search.ts'
import { notFound } from './statements.ts'

/** The dependencies of a collection's routes. */
interface RoutesOptions<F extends Fields> {
  rows: Rows<F>
  database: Database
  commit: Commit
  topicLog: TopicLog
  epoch(): string
  /** All collections by name, for references. */
  collections: ReadonlyMap<string, AnyCollection>
}

/** The routes of a collection, relative to `/api/NAME`: list, aggregate, create, and one row's get, put, patch, delete. */
export function createRoutes<F extends Fields>(
  collection: Collection<string, F>,
  { rows, database, commit, topicLog, epoch, collections }: RoutesOptions<F>,
) {
  const routes = declareRoutes(collection)
  const listable = listableFields(collection)
  const parseAggregate = createAggregateParser(collection, listable)
  const names = fieldNames(collection)
  const others = { names, isSearched: collection.search !== undefined }
  const path = `/api/${collection.name}`

  const permissions = new Permissions(collection, collections)

  function list(c: Context): Response | Promise<Response> {
    const only = permissions.readable(c.env.identity)
    const query = { ...parseListQuery(parametersOf(c), listable, others), only }
    return andThen(positionBefore(c, query), (position) =>
      andThen(readRows(query), ({ rows, next, count }) => replyPage(c, query, rows, { next, count, position })),
    )
  }

  /** Reads a page, and with `count` the number of all rows that match. */
  function readRows(query: AllowedQuery): Matches | Promise<Matches> {
    if (query.search !== null) return readMatches(database, collection, query, query.search)
    return andThen(readPage(database, collection, query), (page) => {
      if (!query.count) return page
      return andThen(countRows(database, collection, query), (count) => ({ ...page, count }))
    })
  }

  /** Returns the position from which to follow after the last page; only the first page has it. */
  function positionBefore(c: Context, query: ListQuery): Position | undefined | Promise<Position> {
    const topic = query.after === null ? topicOfList(collection, c.env.identity, query.filters) : null
    if (topic === null) return undefined
    return andThen(topicLog.newest(topic), (offset) => ({ epoch: epoch(), offset }))
  }

  function replyPage(
    c: Context,
    { fields }: ListQuery,
    stored: readonly SqlRow[],
    more: { next: string | null; count: number | undefined; position: unknown },
  ): Response {
    const decode = fields === null ? rows.decode : decodeSelected(collection, fields)
    return replyWith(c, { status: 200, data: stored.map(decode), more })
  }

  function aggregate(c: Context): Response | Promise<Response> {
    const only = permissions.readable(c.env.identity)
    const query = { ...parseAggregate(parametersOf(c)), only }
    return andThen(readGroups(database, collection, query), (data) => replyWith(c, { status: 200, data }))
  }

  function get(c: Context): Response | Promise<Response> {
    const fields = selectedIn(c)
    return andThen(rows.get(idOf(c), permissions.readable(c.env.identity)), (row) => replyRow(c, row, fields))
  }

  /** Most requests for a row have no parameters. */
  function selectedIn(c: Context): FieldSelection {
    if (!c.req.url.includes('?')) return null
    const selected = parametersOf(c).get('fields')
    return selected === null ? null : parseFields(selected, names)
  }

  function replyRow(c: Context, row: RowOf<F> | null, fields: FieldSelection): Response {
    if (!row) throw guardError(notFound(collection))
    const tag = etagOf(row.version)
    const known = c.req.raw.headers.get('if-none-match')
    if (known !== null && matchesTag(known, tag)) return reply(c, 304, null, { ETag: tag })
    const data = fields === null ? row : selectFields(row, fields)
    return replyWith(c, { status: 200, data, headers: { ETag: tag } })
  }

  async function create(c: Context, id?: string): Promise<Response> {
    const { identity } = c.env
    const decision = permissions.allowed('create', identity)
    const row = rows.make(await readJson(c), id, identity?.userId)
    if (!matches(row, decision)) throw refusal(identity)
    const headers = { ETag: etagOf(row.version), Location: `${path}/${row.id}` }
    const checks = permissions.referencesOf(row, identity)
    const write = function* () {
      if (checks.length > 0) yield checks
      return yield* rows.insert(row, { identity })
    }
    return commit(c, write, (data) => ({ status: 201, data, headers }))
  }

  async function put(c: Context): Promise<Response> {
    const condition = c.req.raw.headers.get('if-none-match')
    if (condition === null) return change(c)
    if (trimBlanks(condition) !== '*')
      throw new AppError('bad_request', 'PUT accepts If-None-Match only as *, to create a row.')
    const id = idOf(c)
    if (!idPattern.test(id)) throw invalidField('id', 'invalid_format', 'must be 26 characters 0-9 A-Z a-z')
    return create(c, id)
  }

  async function change(c: Context): Promise<Response> {
    const { identity } = c.env
    const permitted = permissions.required('update', idOf(c), identity)
    const changes = rows.change(await readJson(c))
    const checks = [...permitted, ...permissions.referencesOf(changes, identity)]
    const write = function* () {
      if (checks.length > 0) yield checks
      const change = yield* rows.update(idOf(c), changes, { match: matchOf(c), identity })
      permissions.checkMove(change, identity)
      return change.row
    }
    return commit(c, write, (row) => ({ status: 200, data: row, headers: { ETag: etagOf(row.version) } }))
  }

  function remove(c: Context): Promise<Response> {
    const { identity } = c.env
    const permitted = permissions.required('delete', idOf(c), identity)
    const write = function* () {
      if (permitted.length > 0) yield permitted
      yield* rows.remove(idOf(c), { match: matchOf(c), identity })
    }
    return commit(c, write, () => ({ status: 204 }))
  }

  return new ValidatedRoutes()
    .add(routes.list, list)
    .add(routes.aggregate, aggregate)
    .add(routes.create, (c) => create(c))
    .add(routes.get, get)
    .add(routes.put, put)
    .add(routes.patch, change)
    .add(routes.delete, remove)
}

function parametersOf({ req }: Context): URLSearchParams {
  const start = req.url.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : req.url.slice(start))
}

function idOf(c: Context): string {
  return c.req.param('id') ?? ''
}

function matchOf(c: Context): Match | undefined {
  const header = c.req.raw.headers.get('if-match')
  return header === null ? undefined : (version) => matchesTag(header, etagOf(version))
}
