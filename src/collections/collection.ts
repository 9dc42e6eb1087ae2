import { z } from '@hono/zod-openapi'
import type { Schema } from 'hono'
import type { BlankSchema } from 'hono/types'
import { type BuiltInRole, checkRule } from '../request/identity.ts'
import { hasOwner, ownerField } from './access.ts'
import type { Action, AnyCollection, Collection, CollectionOptions, Names, Rule, Schemas } from './declaration.ts'
import { type Fields, field } from './field.ts'
import { checkIndexes } from './indexes.ts'
import { checkKeeping, type KeepHistory, type SoftDelete } from './keeping.ts'
import type { CheckedAccess } from './rule.ts'
import { checkSearch } from './search-index.ts'

const namePattern = /^[a-z][a-z0-9_]{0,39}$/
/** Paths under `/api` that are the server's own. */
const ownPaths = new Set(['auth', 'admin', 'topics', 'connect', 'v1'])
const fieldPattern = /^[a-zA-Z][a-zA-Z0-9_]{0,39}$/
/** Below the hundred columns that every engine takes, so that removed fields may keep theirs. */
const fieldsMax = 80

/** Fields that the server sets. A client may send them back, as it does after a read, but cannot change them. */
const ignored = {
  id: z.unknown().optional(),
  createdAt: z.unknown().optional(),
  version: z.unknown().optional(),
}

/** Declares a collection whose rules may name these roles. */
export type DeclareCollection<Role extends string = BuiltInRole> = <
  const Name extends string,
  F extends Fields,
  S extends Schema = BlankSchema,
  const I extends readonly Names<F>[] = readonly [],
  const U extends readonly Names<F>[] = readonly [],
  const T extends Names<F> = readonly [],
  const R extends Partial<Record<Action, unknown>> = {},
  D extends SoftDelete | undefined = undefined,
  H extends KeepHistory | undefined = undefined,
>(
  name: Name,
  options: CollectionOptions<F, S, Role, I, U, T> & {
    access: CheckedAccess<R, F, Role>
    softDelete?: D
    history?: H
  },
) => Collection<Name, F, S, I, U, T> & Kept<D, H>

/** Tells the type of an app which routes its collections have. */
type Kept<D, H> = (D extends SoftDelete ? { softDelete: D } : unknown) &
  (H extends KeepHistory ? { history: H } : unknown)

/**
 * Declares a resource, which becomes a table with its migration, routes, types and OpenAPI.
 * @throws TypeError for an invalid name, and without a declared access
 */
export const collection: DeclareCollection = declaringCollections([])

/** Makes the function that declares collections in an app with these roles. */
export function declaringCollections<Role extends string>(
  roles: readonly Role[],
): DeclareCollection<BuiltInRole | Role> {
  return (name, options) => declare(name, options, roles)
}

function declare<
  Name extends string,
  F extends Fields,
  S extends Schema,
  Role extends string,
  I extends readonly Names<F>[],
  U extends readonly Names<F>[],
  T extends Names<F>,
  D extends SoftDelete | undefined,
  H extends KeepHistory | undefined,
>(
  name: Name,
  options: CollectionOptions<F, S, Role, I, U, T> & { softDelete?: D; history?: H },
  roles: readonly string[],
): Collection<Name, F, S, I, U, T> & Kept<D, H> {
  checkKeeping(name, options)
  const access = rulesOf(name, options as DeclaredRules, roles)
  const isOwned = hasOwner({ access })
  checkNames(name, options.fields, isOwned)
  checkDropped(name, options)
  checkIndexes(name, options.fields, options)
  checkSearch(name, options.fields, options.search)
  const fields = isOwned
    ? { ...options.fields, [ownerField]: field.text({ optional: true, indexed: true }) }
    : options.fields
  const audience = options.audience ?? (access.read === 'owner' ? ownerField : undefined)
  if (audience !== ownerField) checkAudience(name, fields, audience)
  const singular = options.singular ?? singularOf(name)
  const schemas = schemasOf(options.fields, isOwned)
  const declared: Collection<Name, F, S, I, U, T> = {
    name,
    ...options,
    access,
    singular,
    fields,
    ...(audience && { audience }),
    schemas,
  }
  return declared as typeof declared & Kept<D, H>
}

/** Endings of regular English plurals. Others, such as `people`, are declared. */
const plurals: readonly [RegExp, string][] = [
  [/ies$/, 'y'],
  [/(ch|sh|ss|x)es$/, '$1'],
  [/([^isu])s$/, '$1'],
]

function singularOf(name: string): string {
  const words = name.replaceAll('_', ' ')
  const [ending, replacement] = plurals.find(([ending]) => ending.test(words)) ?? ['', '']
  return words.replace(ending, replacement)
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

const actions: readonly Action[] = ['read', 'create', 'update', 'delete']
const rules = ['anyone', 'signedIn', 'verified', 'owner', 'nobody']

/** An access whose rules take any identity: the roles that they know of are those that `rulesOf` checks. */
interface DeclaredRules {
  access: Partial<Record<Action, Rule>> | 'open' | undefined
  softDelete?: SoftDelete | undefined
  history?: KeepHistory | undefined
}

/** The actions that an option adds. */
const addedActions = { softDelete: ['restore', 'purge'], history: ['history'] } as const
const denied = Object.fromEntries(
  [...actions, ...Object.values(addedActions).flat()].map((action) => [action, 'nobody']),
) as Readonly<Record<Action, Rule>>

/** Returns the rule for each action; `nobody` for one that is not declared. */
function rulesOf(
  name: string,
  { access, softDelete, history }: DeclaredRules,
  roles: readonly string[],
): Readonly<Record<Action, Rule>> {
  if (access === undefined) {
    throw new TypeError(`The collection ${name} needs an access: who may read, create, update and delete, or 'open'.`)
  }
  const known = [...actions, ...(softDelete ? addedActions.softDelete : []), ...(history ? addedActions.history : [])]
  const declared = access === 'open' ? Object.fromEntries(known.map((action) => [action, 'anyone'])) : access
  for (const [action, rule] of Object.entries(declared)) {
    checkAction(name, action, known)
    checkRule(name, rule, rules, roles)
  }
  return { ...denied, ...declared }
}

function checkAction(name: string, action: string, known: readonly string[]): void {
  if (known.includes(action)) return
  const [option] = Object.entries(addedActions).find(([, added]) => (added as readonly string[]).includes(action)) ?? []
  const reason = option === undefined ? '' : ` without ${option}`
  throw new TypeError(`The access of ${name} has no ${action}${reason}.`)
}

/** The schema of a value without its default. */
function outputOf(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema
}

function checkAudience(name: string, fields: Fields, audience?: string): void {
  if (audience === undefined) return
  const column = fields[audience]?.column
  if (column?.type === 'text' && column.indexed && !column.optional) return
  throw new TypeError(`The audience of ${name} must be an indexed field of text that is never null.`)
}

function checkDropped(name: string, { fields, dropped = [] }: Pick<AnyCollection, 'fields' | 'dropped'>): void {
  const declared = dropped.find((field) => Object.hasOwn(fields, field))
  if (declared === undefined) return
  throw new TypeError(
    `The collection ${name} drops the field ${declared} and declares it: remove it from one of the two.`,
  )
}

function checkNames(name: string, fields: Fields, isOwned: boolean): void {
  const isReserved = name.startsWith('galley_') || name.startsWith('sqlite_') || ownPaths.has(name) || name in {}
  if (!namePattern.test(name) || isReserved) {
    throw new TypeError(
      `The collection name ${JSON.stringify(name)} must be like todos: ${namePattern}, not galley_… or sqlite_…, nor ${[...ownPaths].join(', ')}, nor a property of every object.`,
    )
  }
  if (Object.getPrototypeOf(fields) !== Object.prototype) throw new TypeError(`A field of ${name} is named __proto__.`)
  const names = Object.keys(fields)
  if (names.length > fieldsMax) throw new TypeError(`The collection ${name} has more than ${fieldsMax} fields.`)
  // Lower-cased, because SQL does not tell columns apart by case.
  const taken = new Set(Object.keys(ignored).map((key) => key.toLowerCase()))
  taken.add('expand')
  if (isOwned) taken.add(ownerField)
  for (const key of names) {
    const isReserved = key.toLowerCase().startsWith('galley_') || key in {}
    if (!fieldPattern.test(key) || taken.has(key.toLowerCase()) || isReserved) {
      throw new TypeError(
        `The field name ${JSON.stringify(key)} of ${name} must be like dueAt: ${fieldPattern}, and neither galley_… nor one that the server sets, nor equal to another but for case, nor a property of every object, such as constructor.`,
      )
    }
    taken.add(key.toLowerCase())
  }
}
