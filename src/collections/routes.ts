import { Hono, type Env as HonoEnv } from 'hono'
import type { Context, Env } from '../context.ts'
import { AppError, invalidField } from '../errors.ts'
import { readJson } from '../middleware/body.ts'
import { etagOf, matchesTag } from '../middleware/etag.ts'
import type { Commit } from '../middleware/idempotency.ts'
import { reply, replyWith } from '../middleware/reply.ts'
import type { Database } from '../platform.ts'
import type { TopicLog } from '../topics/log.ts'
import type { Position } from '../topics/position.ts'
import { isPart, partOf } from '../topics/topic.ts'
import type { Collection, RowOf } from './collection.ts'
import type { Fields } from './field.ts'
import { idPattern } from './id.ts'
import { countStatement, type Page, readPage } from './list.ts'
import { type ListQuery, listableFields, parseListQuery } from './list-query.ts'
import { andThen, type Match, type Rows } from './rows.ts'

/** What the routes of a collection work with. */
interface RoutesOptions<F extends Fields> {
  rows: Rows<F>
  database: Database
  commit: Commit
  log: TopicLog
  epoch(): string
}

/** The routes of a collection, relative to `/api/NAME`: list, create, and one row's get, put, patch, delete. */
export function createRoutes<F extends Fields>(
  collection: Collection<string, F>,
  { rows, database, commit, log, epoch }: RoutesOptions<F>,
): Hono<Env> {
  const listable = listableFields(collection)
  const path = `/api/${collection.name}`

  function list(c: Context): Response | Promise<Response> {
    const query = parseListQuery(parametersOf(c), listable)
    return andThen(positionBefore(query), (position) =>
      andThen(readPage(database, collection, query), (page) => {
        if (!query.count) return answerPage(c, page, { position })
        return andThen(database.read(countStatement(collection, query)), ([row]) =>
          answerPage(c, page, { count: Number(row?.count), position }),
        )
      }),
    )
  }

  /** Where to follow from once all pages are read, which only the first page knows. */
  function positionBefore(query: ListQuery): Position | undefined | Promise<Position> {
    const topic = query.after === null ? topicOf(query) : null
    if (topic === null) return undefined
    return andThen(log.newest(topic), (offset) => ({ epoch: epoch(), offset }))
  }

  /** The topic that tells of all changes of this list; null where there are several. */
  function topicOf({ filters }: ListQuery): string | null {
    const { name, audience } = collection
    if (audience === undefined) return name
    const [part] = filters.find(({ field, operator }) => field === audience && operator === '$eq')?.values ?? []
    return typeof part === 'string' && isPart(part) ? partOf(name, part) : null
  }

  function answerPage(c: Context, { rows: stored, next }: Page, more: { count?: number; position: unknown }): Response {
    return replyWith(c, { status: 200, data: stored.map(rows.decode), more: { next, ...more } })
  }

  function get(c: Context): Response | Promise<Response> {
    return andThen(rows.get(idOf(c)), (row) => answerRow(c, row))
  }

  function answerRow(c: Context, row: RowOf<F> | null): Response {
    if (!row) throw notFound(collection.name)
    const tag = etagOf(row.version)
    const known = c.req.raw.headers.get('if-none-match')
    if (known !== null && matchesTag(known, tag)) return reply(c, 304, null, { ETag: tag })
    return replyWith(c, { status: 200, data: row, headers: { ETag: tag } })
  }

  async function create(c: Context): Promise<Response> {
    const row = rows.make(await readJson(c))
    const headers = { ETag: etagOf(row.version), Location: `${path}/${row.id}` }
    return commit(c, rows.insert(row), () => ({ status: 201, data: row, headers }))
  }

  async function put(c: Context): Promise<Response> {
    const condition = c.req.raw.headers.get('if-none-match')
    if (condition === null) return change(c)
    if (condition.trim() !== '*') throw new AppError('bad_request', 'PUT takes If-None-Match only as *, which creates.')
    const id = idOf(c)
    if (!idPattern.test(id)) throw invalidField('id', 'invalid_format', 'must be 26 characters 0-9 A-Z a-z')
    const row = rows.make(await readJson(c), id)
    const headers = { ETag: etagOf(row.version), Location: `${path}/${id}` }
    return commit(c, rows.insert(row), () => ({ status: 201, data: row, headers }))
  }

  async function change(c: Context): Promise<Response> {
    const changes = rows.change(await readJson(c))
    return commit(c, rows.update(idOf(c), changes, matchOf(c)), (results) => {
      const row = rows.last(results)
      return { status: 200, data: row, headers: { ETag: etagOf(row.version) } }
    })
  }

  function remove(c: Context): Promise<Response> {
    return commit(c, rows.remove(idOf(c), matchOf(c)), () => ({ status: 204 }))
  }

  return new Hono<Env & HonoEnv>()
    .get('/', list)
    .post('/', create)
    .get('/:id', get)
    .put('/:id', put)
    .patch('/:id', change)
    .delete('/:id', remove)
}

function parametersOf({ req }: Context): URLSearchParams {
  const start = req.url.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : req.url.slice(start))
}

function idOf(c: Context): string {
  return c.req.param('id') ?? ''
}

function notFound(name: string): AppError {
  return new AppError('not_found', `There is no such row in ${name}.`)
}

function matchOf(c: Context): Match | undefined {
  const header = c.req.raw.headers.get('if-match')
  return header === null ? undefined : (version) => matchesTag(header, etagOf(version))
}
