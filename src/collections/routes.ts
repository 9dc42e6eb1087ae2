import { idPattern } from '../database/id.ts'
import { AppError, invalidField } from '../errors.ts'
import { readJson } from '../http/body.ts'
import type { Commit } from '../http/commit.ts'
import { etagOf, matchesTag } from '../http/etag.ts'
import { reply, replyWith } from '../http/reply.ts'
import { ValidatedRoutes } from '../http/validated-routes.ts'
import { unitRows } from '../limits/costs.ts'
import { andThen } from '../ports/database.ts'
import type { Context } from '../request/context.ts'
import { trimBlanks } from '../request/header-value.ts'
import type { TopicLog } from '../topics/log.ts'
import type { Position } from '../topics/position.ts'
import type { Collection, Match } from './declaration.ts'
import { checkSelected } from './expand-query.ts'
import { topicOfList } from './feed.ts'
import type { Fields } from './field.ts'
import { type FieldSelection, fieldNames, parseFields, selectFields } from './field-selection.ts'
import { type ListQuery, limitDefault } from './list-query.ts'
import type { Operations } from './operations.ts'
import { declareRoutes } from './route-declarations.ts'

/** The rows of a list that cost nothing more, as many as a usual page has. */
const freeRows = limitDefault
/** The rows that an aggregate reads for one unit. */
const unitRowsRead = 50
/** A list that looks for its rows, and a search, cost by their time: a unit is 50 µs. */
const unitsPerMs = 20
/** Pages of the trash and of histories do too, beyond the time of a usual one. */
const freePageMs = 1
/** The rate limit units of a row that is changed because another is deleted: it costs some 100 µs. */
export const dependentUnits = 2

/** The dependencies of a collection's routes. */
interface RoutesOptions<F extends Fields> {
  operations: Operations<F>
  commit: Commit
  topicLog: TopicLog
  epoch(): string
}

/** The routes of a collection, relative to `/api/NAME`: list, aggregate, create, and one row's get, put, patch, delete. */
export function createRoutes<F extends Fields>(
  collection: Collection<string, F>,
  { operations, commit, topicLog, epoch }: RoutesOptions<F>,
) {
  const routes = declareRoutes(collection)
  const names = fieldNames(collection)
  const path = `/api/${collection.name}`

  function list(c: Context): Response | Promise<Response> {
    const { identity } = c.env
    operations.permit('read', identity)
    const query = operations.query(parametersOf(c))
    const startMs = performance.now()
    const bounds = query.expand.length === 0 ? undefined : { onLookUp: charging(c) }
    // Before the page, so that no change falls between both.
    return andThen(positionBefore(c, query), (position) =>
      andThen(operations.list(query, identity, bounds), ({ rows: data, next, count, isScan, expandedRows = 0 }) => {
        const rowUnits = Math.max(0, data.length + expandedRows - freeRows) / unitRows
        const units = isScan ? Math.max(rowUnits, (performance.now() - startMs) * unitsPerMs) : rowUnits
        // Less those that are charged already.
        c.env.extraUnits += units - expandedRows / unitRows
        return replyWith(c, { status: 200, data, more: { next, count, position } })
      }),
    )
  }

  /** Returns the position from which to follow after the last page; only the first page has it. */
  function positionBefore(c: Context, query: ListQuery): Position | undefined | Promise<Position> {
    const topic = query.after === null ? topicOfList(collection, c.env.identity, query.filters) : null
    if (topic === null) return undefined
    return andThen(topicLog.newest(topic), (offset) => ({ epoch: epoch(), offset }))
  }

  function aggregate(c: Context): Response | Promise<Response> {
    const { identity } = c.env
    operations.permit('read', identity)
    return andThen(operations.aggregate(parametersOf(c), identity), (data) => {
      c.env.extraUnits += data.reduce((sum, group) => sum + group.count, 0) / unitRowsRead
      return replyWith(c, { status: 200, data })
    })
  }

  function get(c: Context): Response | Promise<Response> {
    const parameters = parametersOf(c)
    // Most requests for a row have no parameters.
    const [selected, expanded] =
      parameters === noParameters ? [null, null] : [parameters.get('fields'), parameters.get('expand')]
    const fields: FieldSelection = selected === null ? null : parseFields(selected, names)
    if (expanded !== null) return getExpanded(c, expanded, fields)
    return andThen(operations.get(idOf(c), c.env.identity), (row) => {
      const tag = etagOf(row.version)
      const known = c.req.raw.headers.get('if-none-match')
      if (known !== null && matchesTag(known, tag)) return reply(c, 304, null, { ETag: tag })
      const data = fields === null ? row : selectFields(row, fields)
      return replyWith(c, { status: 200, data, headers: { ETag: tag } })
    })
  }

  /** Without an ETag, because the response is of several rows. */
  async function getExpanded(c: Context, text: string, fields: FieldSelection): Promise<Response> {
    const { identity } = c.env
    const expand = operations.parseExpand(text)
    checkSelected(expand, fields)
    const row = await operations.get(idOf(c), identity)
    await operations.expand([row], expand, identity, { onLookUp: charging(c) })
    const data = fields === null ? row : selectFields(row, [...fields, 'expand'])
    return replyWith(c, { status: 200, data })
  }

  async function readBody(c: Context): Promise<unknown> {
    const body = await readJson(c)
    c.env.extraUnits += operations.listedIn(body) / unitRows
    return body
  }

  async function create(c: Context, id?: string): Promise<Response> {
    const { identity } = c.env
    operations.permit('create', identity)
    const write = operations.creating(await readBody(c), identity, id)
    return commit(c, write, (row) => ({
      status: 201,
      data: row,
      headers: { ETag: etagOf(row.version), Location: `${path}/${row.id}` },
    }))
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
    operations.permit('update', identity)
    const write = operations.changing(idOf(c), await readBody(c), identity, matchOf(c))
    return commit(c, write, (row) => ({ status: 200, data: row, headers: { ETag: etagOf(row.version) } }))
  }

  function remove(c: Context): Promise<Response> {
    const onDependents = (count: number) => {
      c.env.extraUnits += count * dependentUnits
    }
    const write = operations.removing(idOf(c), c.env.identity, { match: matchOf(c), onDependents })
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

/** Charges a page of the trash or of a history that was begun at a time. */
export function chargePage(c: Context, startMs: number): void {
  c.env.extraUnits += Math.max(0, performance.now() - startMs - freePageMs) * unitsPerMs
}

const noParameters = new URLSearchParams()

function parametersOf({ req }: Context): URLSearchParams {
  const start = req.url.indexOf('?')
  return start === -1 ? noParameters : new URLSearchParams(req.url.slice(start))
}

/** Charges references that are looked up, of a response that is refused, too. */
function charging(c: Context): (count: number) => void {
  return (count) => {
    c.env.extraUnits += count / unitRows
  }
}

function idOf(c: Context): string {
  return c.req.param('id') ?? ''
}

function matchOf(c: Context): Match | undefined {
  const header = c.req.raw.headers.get('if-match')
  return header === null ? undefined : (version) => matchesTag(header, etagOf(version))
}
