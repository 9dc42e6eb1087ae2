import { Hono, type Env as HonoEnv } from 'hono'
import { idPattern } from '../database/id.ts'
import { AppError, invalidField } from '../errors.ts'
import { readJson } from '../http/body.ts'
import { etagOf, matchesTag } from '../http/etag.ts'
import type { Commit } from '../http/idempotency.ts'
import { reply, replyWith } from '../http/reply.ts'
import type { Database, Guard, Statement, Step } from '../ports/database.ts'
import type { Context, Env } from '../request/context.ts'
import { adminRole, type Identity } from '../request/identity.ts'
import { refusal } from '../request/refusal.ts'
import type { TopicLog } from '../topics/log.ts'
import type { Position } from '../topics/position.ts'
import { isPartition, partitionOf } from '../topics/topic.ts'
import {
  type AccessDecision,
  type Action,
  allowed,
  conditionOf,
  coversAudience,
  decide,
  hasTopic,
  matches,
  ownerField,
} from './access.ts'
import type { AnyCollection, Collection, RowOf } from './collection.ts'
import type { Condition } from './condition.ts'
import type { Fields } from './field.ts'
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
  /** The collections by name, for the sake of references. */
  collections: ReadonlyMap<string, AnyCollection>
}

/** The routes of a collection, relative to `/api/NAME`: list, create, and one row's get, put, patch, delete. */
export function createRoutes<F extends Fields>(
  collection: Collection<string, F>,
  { rows, database, commit, log, epoch, collections }: RoutesOptions<F>,
): Hono<Env> {
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
        if (!query.count) return answerPage(c, page, { position })
        return andThen(database.read(countStatement(collection, query)), ([row]) =>
          answerPage(c, page, { count: Number(row?.count), position }),
        )
      }),
    )
  }

  /** Where to follow from once all pages are read, which only the first page knows. */
  function positionBefore(c: Context, query: ListQuery): Position | undefined | Promise<Position> {
    const topic = query.after === null ? topicOf(c, query) : null
    if (topic === null) return undefined
    return andThen(log.newest(topic), (offset) => ({ epoch: epoch(), offset }))
  }

  /** The topic that tells of all changes of this list; null where there are several. */
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

  function answerPage(c: Context, { rows: stored, next }: Page, more: { count?: number; position: unknown }): Response {
    return replyWith(c, { status: 200, data: stored.map(rows.decode), more: { next, ...more } })
  }

  function get(c: Context): Response | Promise<Response> {
    return andThen(rows.get(idOf(c), onlyFor(c, 'read')), (row) => answerRow(c, row))
  }

  function answerRow(c: Context, row: RowOf<F> | null): Response {
    if (!row) throw notFound(collection.name)
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
    return commit(c, [...references(row, identity), ...rows.insert(row)], () => ({ status: 201, data: row, headers }))
  }

  async function put(c: Context): Promise<Response> {
    const condition = c.req.raw.headers.get('if-none-match')
    if (condition === null) return change(c)
    if (condition.trim() !== '*') throw new AppError('bad_request', 'PUT takes If-None-Match only as *, which creates.')
    const id = idOf(c)
    if (!idPattern.test(id)) throw invalidField('id', 'invalid_format', 'must be 26 characters 0-9 A-Z a-z')
    return create(c, id)
  }

  /** The steps that let a change go on only where the row may be read, and then only where it may be changed. */
  function permitted(c: Context, action: 'update' | 'delete'): Step[] {
    const may = mayDo(c, action)
    const readable = decide(collection, 'read', c.env.identity)
    const sees = readable === 'none' ? noRow : conditionOf(collection, readable)
    const does = conditionOf(collection, may)
    const steps: Step[] = []
    if (sees !== null) steps.push(guarded(collection, idOf(c), sees, { error: 'not_found' }))
    else if (does !== null) steps.push(guarded(collection, idOf(c), null, { error: 'not_found' }))
    if (does !== null) steps.push(guarded(collection, idOf(c), does, { error: 'forbidden' }))
    return steps
  }

  /** Nobody changes a row into one that they could not change, or puts it where they could not create one. */
  function staysWithin(c: Context): Step[] {
    const may = mayDo(c, 'update')
    const create = decide(collection, 'create', c.env.identity)
    if (may === 'all' && create === 'all') return []
    const check: Step = (earlier) => {
      const row = rows.last(earlier)
      const isMoved = placing(create).some((field) => row[field] !== rows.before(earlier)[field])
      if (!matches(row, may) || (isMoved && (create === 'none' || !matches(row, create))))
        throw new AppError('forbidden')
      return nothing
    }
    return [check]
  }

  /** The fields that say where a row belongs. */
  function placing(create: AccessDecision): (keyof RowOf<F>)[] {
    const named = typeof create === 'string' ? [] : create.flatMap((filter) => Object.keys(filter))
    return [...named, ...(collection.audience === undefined ? [] : [collection.audience])] as (keyof RowOf<F>)[]
  }

  async function change(c: Context): Promise<Response> {
    const checks = permitted(c, 'update')
    const changes = rows.change(await readJson(c))
    const steps = [
      ...checks,
      ...references(changes, c.env.identity),
      ...rows.update(idOf(c), changes, matchOf(c)),
      ...staysWithin(c),
    ]
    return commit(c, steps, (results) => {
      const row = rows.last(results)
      return { status: 200, data: row, headers: { ETag: etagOf(row.version) } }
    })
  }

  function remove(c: Context): Promise<Response> {
    return commit(c, [...permitted(c, 'delete'), ...rows.remove(idOf(c), matchOf(c))], () => ({ status: 204 }))
  }

  return new Hono<Env & HonoEnv>()
    .get('/', list)
    .post('/', (c) => create(c))
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

const nothing: Statement = { sql: 'select 1 where false', parameters: [] }
const noRow: Condition = { sql: 'false', values: [] }

/** A row with this id that is as the condition says must be there. */
function guarded({ name }: AnyCollection, id: string, only: Condition | null, guard: Guard): Statement {
  const more = only === null ? '' : ` and ${only.sql}`
  return { sql: `select "id" from "${name}" where "id" = ?${more}`, parameters: [id, ...(only?.values ?? [])], guard }
}

type Values = Readonly<Record<string, unknown>>

/** Checks that what a row refers to may be read by who refers to it; else it answers as if it were not there. */
function createReferenceChecks({ fields }: AnyCollection, collections: ReadonlyMap<string, AnyCollection>) {
  const all = Object.entries(fields as Fields).flatMap(
    ([
      field,
      {
        column: { references },
      },
    ]) => {
      const target = references === null ? undefined : collections.get(references)
      return target === undefined ? [] : [{ field, target }]
    },
  )
  return (values: Values, who: Identity | null): Step[] =>
    all.flatMap(({ field, target }) => {
      const id = values[field]
      if (typeof id !== 'string') return []
      const guard: Guard = { error: 'validation_failed', field, message: `names none of ${target.name}` }
      const readable = decide(target, 'read', who)
      const only = readable === 'none' ? noRow : conditionOf(target, readable)
      return only === null ? [] : [guarded(target, id, only, guard)]
    })
}
