import { z } from '@hono/zod-openapi'
import type { Hono, Schema } from 'hono'
import type { BlankSchema } from 'hono/types'
import type { Commit } from '../http/idempotency.ts'
import type { Database } from '../ports/database.ts'
import type { Env } from '../request/context.ts'
import { type Access, actions, hasOwner, ownerField } from './access.ts'
import { type Fields, field } from './field.ts'
import type { Rows } from './rows.ts'

/** What every row has beside its declared fields. */
export interface SystemFields {
  /** 26 characters `[0-9A-Za-z]`, sortable by time. */
  id: string
  /** When the row was made, ISO 8601 in UTC. */
  createdAt: string
  /** Rises with every change, and is the row's ETag. Milliseconds since 1970 of the change, or one more than before. */
  version: number
}

type OutputOf<F> = F extends { schema: z.ZodType<infer Output> } ? Output : never
type InputOf<F> = F extends { schema: z.ZodType<unknown, infer Input> } ? Input : never
type Simplify<T> = { [K in keyof T]: T[K] } & {}

/** A row as the API gives it. */
export type RowOf<F extends Fields> = Simplify<SystemFields & { [K in keyof F]: OutputOf<F[K]> }>

type OmittableKeys<F extends Fields> = { [K in keyof F]: undefined extends InputOf<F[K]> ? K : never }[keyof F]

/** What a client sends to create a row. */
export type CreateOf<F extends Fields> = Simplify<
  { [K in Exclude<keyof F, OmittableKeys<F>>]: InputOf<F[K]> } & { [K in OmittableKeys<F>]?: InputOf<F[K]> }
>

/** What a client sends to change a row: any of its fields. */
export type ChangeOf<F extends Fields> = Partial<{ [K in keyof F]: OutputOf<F[K]> }>

/** What routes beyond the usual ones get to work with. */
export interface RouteTools<F extends Fields> {
  rows: Rows<F>
  database: Database
  commit: Commit
}

export interface CollectionOptions<F extends Fields, S extends Schema> {
  fields: F
  /** Who may read, create, update and delete rows; anyone, unless it says otherwise. */
  access?: Access
  /**
   * The field that parts the collection's events by audience: those of rows where it is X go to the topic
   * `NAME/X`. It must be indexed and of text. Without it all events go to the topic `NAME`.
   */
  audience?: keyof F & string
  /**
   * Routes beyond create, read, update, delete and list, mounted at `/api/NAME` before those. They read
   * with `rows` or `database` and change things by one `commit`.
   */
  routes?: (tools: RouteTools<F>) => Hono<Env, S>
}

/** A resource, declared once. */
export interface Collection<Name extends string = string, F extends Fields = Fields, S extends Schema = Schema>
  extends CollectionOptions<F, S> {
  name: Name
  schemas: Schemas
}

// biome-ignore lint/suspicious/noExplicitAny: a collection of any fields; its parameters stand in both positions.
export type AnyCollection = Collection<string, any, any>

/** The zod schemas of a collection's documents. */
interface Schemas {
  /** A row as it is given. */
  row: z.ZodObject
  /** A body that creates. Unknown fields are refused; those that the server sets are ignored. */
  create: z.ZodObject
  /** A body that changes. */
  change: z.ZodObject
}

const namePattern = /^[a-z][a-z0-9_]{0,39}$/
/** Paths under `/api` that are the server's own. */
const ownPaths = new Set(['auth', 'admin', 'topics', 'connect', 'v1'])
const fieldPattern = /^[a-zA-Z][a-zA-Z0-9_]{0,39}$/
/** Far below the hundred columns that every engine takes, and its parameters with them. */
const fieldsMax = 80

/** What the server sets itself: a client may send it back, as it does after a read, but can't change it. */
const ignored = {
  id: z.unknown().optional(),
  createdAt: z.unknown().optional(),
  version: z.unknown().optional(),
}

/**
 * Declares a resource: from it come a table with its migration, routes, types, OpenAPI.
 * @throws TypeError when a name can't be one
 */
export function collection<const Name extends string, F extends Fields, S extends Schema = BlankSchema>(
  name: Name,
  options: CollectionOptions<F, S>,
): Collection<Name, F, S> {
  const isOwned = hasOwner(options)
  checkNames(name, options.fields, isOwned)
  checkAccess(name, options.access)
  const fields = isOwned
    ? { ...options.fields, [ownerField]: field.text({ optional: true, indexed: true }) }
    : options.fields
  const audience = options.audience ?? (options.access?.read === 'owner' ? ownerField : undefined)
  if (audience !== ownerField) checkAudience(name, fields, audience)
  return { name, ...options, fields, ...(audience && { audience }), schemas: schemasOf(options.fields, isOwned) }
}

function schemasOf(fields: Fields, isOwned: boolean): Schemas {
  const full = Object.entries(fields).map(([key, { schema }]) => [key, schema] as const)
  const system = {
    id: z.string(),
    createdAt: z.iso.datetime(),
    version: z.int(),
    ...(isOwned && { [ownerField]: z.string().nullable() }),
  }
  const set = isOwned ? { ...ignored, [ownerField]: z.unknown().optional() } : ignored
  return {
    row: z.object({ ...system, ...Object.fromEntries(full.map(([key, schema]) => [key, outputOf(schema)])) }),
    create: z.strictObject({ ...Object.fromEntries(full), ...set }),
    change: z.strictObject({
      ...Object.fromEntries(full.map(([key, schema]) => [key, outputOf(schema).optional()])),
      ...set,
    }),
  }
}

const rolePattern = /^[a-zA-Z][a-zA-Z0-9_-]{0,39}$/

function checkAccess(name: string, access: Access = {}): void {
  for (const [action, rule] of Object.entries(access)) {
    if (!actions.includes(action as (typeof actions)[number]))
      throw new TypeError(`The access of ${name} has no ${action}.`)
    if (typeof rule === 'string' && !rolePattern.test(rule))
      throw new TypeError(`The access of ${name} has a role that can't be one: ${rule}`)
  }
}

/** The schema of a value that is there: without the default for one that is not. */
function outputOf(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema
}

function checkAudience(name: string, fields: Fields, audience?: string): void {
  if (audience === undefined) return
  const column = fields[audience]?.column
  if (column?.type === 'text' && column.indexed && !column.optional) return
  throw new TypeError(`The audience of ${name} must be an indexed field of text that is never null.`)
}

function checkNames(name: string, fields: Fields, isOwned: boolean): void {
  if (!namePattern.test(name) || name.startsWith('galley_') || name.startsWith('sqlite_') || ownPaths.has(name)) {
    throw new TypeError(
      `The collection name ${JSON.stringify(name)} must be like todos: ${namePattern}, not galley_… or sqlite_…, nor ${[...ownPaths].join(', ')}.`,
    )
  }
  const names = Object.keys(fields)
  if (names.length > fieldsMax) throw new TypeError(`The collection ${name} has more than ${fieldsMax} fields.`)
  // Lower-cased, because SQL does not tell columns apart by case.
  const taken = new Set(Object.keys(ignored).map((key) => key.toLowerCase()))
  if (isOwned) taken.add(ownerField)
  for (const key of names) {
    if (!fieldPattern.test(key) || taken.has(key.toLowerCase()) || key.toLowerCase().startsWith('galley_')) {
      throw new TypeError(
        `The field name ${JSON.stringify(key)} of ${name} must be like dueAt: ${fieldPattern}, and neither galley_… nor one that the server sets nor equal to another but for case.`,
      )
    }
    taken.add(key.toLowerCase())
  }
}
