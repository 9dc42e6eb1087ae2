import { guardError } from '../database/failure.ts'
import { idPattern } from '../database/id.ts'
import { AppError, invalidField } from '../errors.ts'
import { readJson } from '../http/body.ts'
import type { Commit } from '../http/commit.ts'
import { etagOf, matchesTag } from '../http/etag.ts'
import { reply, replyWith } from '../http/reply.ts'
import { ValidatedRoutes } from '../http/validated-routes.ts'
import { andThen, type Database, type Statement } from '../ports/database.ts'
import type { Context } from '../request/context.ts'
import { adminRole, type Identity, refusal } from '../request/identity.ts'
import type { TopicLog } from '../topics/log.ts'
import type { Position } from '../topics/position.ts'
import { isPartition, partitionOf } from '../topics/topic.ts'
import {
  type AccessDecision,
  allowed,
  conditionOf,
  coversAudience,
  decide,
  hasTopic,
  matches,
  ownerField,
} from './access.ts'
import type { Action, AnyCollection, Change, Collection, Match, RowOf, Rows } from './declaration.ts'
import type { Fields } from './field.ts'
import { countStatement, type Page, readPage } from './list.ts'
import { type ListQuery, listableFields, parseListQuery } from './list-query.ts'
import { declareRoutes } from './route-declarations.ts'
import { noRow, notFound, referencesIn, requireOne } from './statements.ts'

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

/** The routes of a collection, relative to `/api/NAME`: list, create, and one row's get, put, patch, delete. */
export function createRoutes<F extends Fields>(
  collection: Collection<string, F>,
  { rows, database, commit, topicLog, epoch, collections }: RoutesOptions<F>,
) {
  const routes = declareRoutes(collection)
  const listable = listableFields(collection)
  const path = `/api/${collection.name}`

  const mayDo = (c: Context, action: Action) => allowed(decide(collection, action, c.env.identity), c.env.identity)
  const onlyFor = (c: Context, action: Action) => conditionOf(collection, mayDo(c, action))
  const references = createReferenceChecks(collection, collections)

  function list(c: Context): Response | Promise<Response> {
    const only = onlyFor(c, 'read')
    const query = { ...parseListQuery(parametersOf(c), listable), only }
    return andThen(positionBefore(c, query), (position) =>
      andThen(readPage(database, collection, query), (page) => {
        if (!query.count) return replyPage(c, page, { position })
        return andThen(database.read(countStatement(collection, query)), ([row]) =>
          replyPage(c, page, { count: Number(row?.count), position }),
        )
      }),
    )
  }

  /** Returns the position from which to follow after the last page; only the first page has it. */
  function positionBefore(c: Context, query: ListQuery): Position | undefined | Promise<Position> {
    const topic = query.after === null ? topicOf(c, query) : null
    if (topic === null) return undefined
    return andThen(topicLog.newest(topic), (offset) => ({ epoch: epoch(), offset }))
  }

  /** Returns the topic of all changes of this list; null where there are several. */
  function topicOf({ env: { identity } }: Context, { filters }: ListQuery): string | null {
    const { name, audience } = collection
    const readable = decide(collection, 'read', identity)
    if (!hasTopic(collection)) return null
    if (audience === undefined) return readable === 'all' ? name : null
    const [named] = filters.find(({ field, operator }) => field === audience && operator === '$eq')?.values ?? []
    const isOwn = audience === ownerField && identity !== null && identity.role !== adminRole
    const part = isOwn ? identity.userId : named
    const isReadable = typeof part === 'string' && isPartition(part) && coversAudience(readable, audience, part)
    return isReadable ? partitionOf(name, part) : null
  }

  function replyPage(c: Context, { rows: stored, next }: Page, more: { count?: number; position: unknown }): Response {
    return replyWith(c, { status: 200, data: stored.map(rows.decode), more: { next, ...more } })
  }

  function get(c: Context): Response | Promise<Response> {
    return andThen(rows.get(idOf(c), onlyFor(c, 'read')), (row) => replyRow(c, row))
  }

  function replyRow(c: Context, row: RowOf<F> | null): Response {
    if (!row) throw guardError(notFound(collection))
    const tag = etagOf(row.version)
    const known = c.req.raw.headers.get('if-none-match')
    if (known !== null && matchesTag(known, tag)) return reply(c, 304, null, { ETag: tag })
    return replyWith(c, { status: 200, data: row, headers: { ETag: tag } })
  }

  async function create(c: Context, id?: string): Promise<Response> {
    const decision = mayDo(c, 'create')
    const { identity } = c.env
    const row = rows.make(await readJson(c), id, identity?.userId)
    if (!matches(row, decision)) throw refusal(identity)
    const headers = { ETag: etagOf(row.version), Location: `${path}/${row.id}` }
    const checks = references(row, identity)
    const write = function* () {
      if (checks.length > 0) yield checks
      return yield* rows.insert(row, { identity })
    }
    return commit(c, write, (data) => ({ status: 201, data, headers }))
  }

  async function put(c: Context): Promise<Response> {
    const condition = c.req.raw.headers.get('if-none-match')
    if (condition === null) return change(c)
    if (condition.trim() !== '*')
      throw new AppError('bad_request', 'PUT accepts If-None-Match only as *, to create a row.')
    const id = idOf(c)
    if (!idPattern.test(id)) throw invalidField('id', 'invalid_format', 'must be 26 characters 0-9 A-Z a-z')
    return create(c, id)
  }

  /** Requires that the client may read the row, else it is not found, and that it may change it, else that is forbidden. */
  function permitted(c: Context, action: 'update' | 'delete'): Statement[] {
    const may = mayDo(c, action)
    const readable = decide(collection, 'read', c.env.identity)
    const sees = readable === 'none' ? noRow : conditionOf(collection, readable)
    const does = conditionOf(collection, may)
    const statements: Statement[] = []
    if (sees !== null || does !== null) statements.push(requireOne(collection, idOf(c), sees, notFound(collection)))
    if (does !== null) statements.push(requireOne(collection, idOf(c), does, { error: 'forbidden' }))
    return statements
  }

  /** Makes the check that a client may still change the row after its change, and could have created it where it moves it. */
  function createMoveCheck(c: Context): (change: Change<F>) => void {
    const may = mayDo(c, 'update')
    const create = decide(collection, 'create', c.env.identity)
    return ({ before, row }) => {
      const isMoved = create !== 'all' && placing(create).some((field) => row[field] !== before[field])
      if (!matches(row, may) || (isMoved && (create === 'none' || !matches(row, create))))
        throw new AppError('forbidden')
    }
  }

  /** The fields that say where a row belongs. */
  function placing(create: AccessDecision): (keyof RowOf<F>)[] {
    const named = typeof create === 'string' ? [] : create.flatMap((filter) => Object.keys(filter))
    return [...named, ...(collection.audience === undefined ? [] : [collection.audience])] as (keyof RowOf<F>)[]
  }

  async function change(c: Context): Promise<Response> {
    const permissions = permitted(c, 'update')
    const checkMove = createMoveCheck(c)
    const changes = rows.change(await readJson(c))
    const checks = [...permissions, ...references(changes, c.env.identity)]
    const write = function* () {
      if (checks.length > 0) yield checks
      const change = yield* rows.update(idOf(c), changes, { match: matchOf(c), identity: c.env.identity })
      checkMove(change)
      return change.row
    }
    return commit(c, write, (row) => ({ status: 200, data: row, headers: { ETag: etagOf(row.version) } }))
  }

  function remove(c: Context): Promise<Response> {
    const permissions = permitted(c, 'delete')
    const write = function* () {
      if (permissions.length > 0) yield permissions
      yield* rows.remove(idOf(c), { match: matchOf(c), identity: c.env.identity })
    }
    return commit(c, write, () => ({ status: 204 }))
  }

  return new ValidatedRoutes()
    .add(routes.list, list)
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

type Values = Readonly<Record<string, unknown>>

/** Requires that the client may read the rows that a row refers to; others are as if they were not there. */
function createReferenceChecks(collection: AnyCollection, collections: ReadonlyMap<string, AnyCollection>) {
  const all = referencesIn(collection).flatMap(({ target, ...reference }) => {
    const named = collections.get(target)
    return named === undefined ? [] : [{ ...reference, target: named }]
  })
  return (values: Values, who: Identity | null): Statement[] =>
    all.flatMap(({ field, target, guard }) => {
      const id = values[field]
      if (typeof id !== 'string') return []
      const readable = decide(target, 'read', who)
      const only = readable === 'none' ? noRow : conditionOf(target, readable)
      return only === null ? [] : [requireOne(target, id, only, guard)]
    })
}
