/** The options of `createApp`. */
import type { Hono, MiddlewareHandler, Schema } from 'hono'
import type { BlankSchema } from 'hono/types'
import type { AccountSchema } from '../auth/auth.ts'
import type { AnyCollection, AppDependencies, Collection, Rows } from '../collections/declaration.ts'
import type { SchemaOf } from '../collections/types.ts'
import type { AnyJob } from '../jobs/job.ts'
import type { JobSchema } from '../jobs/routes.ts'
import type { Migration } from '../migrations/migration.ts'
import type { Env } from '../request/context.ts'
import type { TopicSchema } from '../topics/routes.ts'
import type { Topic } from '../topics/topic.ts'
import type { WebhookSchema } from '../webhooks/webhooks.ts'
import type { Seed } from './seed.ts'
import type { CheckedReferences, NamedTopics } from './type-checks.ts'

export interface AppOptions<
  C extends readonly AnyCollection[],
  S extends Schema = BlankSchema,
  T extends readonly Topic[] = readonly Topic[],
> {
  /** The resources that the server keeps. */
  collections?: C
  /** Work that runs outside of requests, durably. */
  jobs?: readonly AnyJob[]
  /** The collections whose changes administrators may have sent to other servers; see `/api/admin/webhooks`. */
  webhooks?: readonly AnyCollection[]
  /**
   * Changes of stored data that the declarations cannot say, in the order in which they were added. Each runs once, before the
   * collections are migrated to their declarations. Add new ones at the end, and leave those that have run.
   */
  migrations?: readonly Migration[]
  /** Fills a database with the rows that the app begins with: `galley seed`, and `app.seed()` in tests. */
  seed?: Seed
  /** Topics beside those of the collections. */
  topics?: T
  /**
   * Hono middleware that runs before every route, in this order; a pair limits it to a path. The client is known
   * already: see `c.env.identity`.
   */
  middleware?: (deps: AppDependencies<RowsByName<NoInfer<C>>>) => readonly Middleware[]
  /**
   * Routes of your own, anywhere; they go before those of the collections. An `OpenAPIHono` brings its descriptions
   * to `/openapi.json`; other routes are listed there by path.
   */
  routes?: (deps: AppDependencies<RowsByName<NoInfer<C>>>) => Hono<Env, S>
}

/** The options of an app whose references the compiler has checked. */
export type CheckedOptions<
  C extends readonly AnyCollection[],
  S extends Schema,
  T extends readonly Topic[],
> = AppOptions<C, S, T> & CheckedReferences<C>

export type Middleware = MiddlewareHandler<Env> | readonly [path: string, handler: MiddlewareHandler<Env>]

/** The rows of each collection by its name. */
export type RowsByName<C extends readonly AnyCollection[]> = {
  readonly [Each in C[number] as Each['name']]: Each extends Collection<string, infer F, infer _> ? Rows<F> : never
}

/** The routes of an app, for `hc`. */
export type AppSchema<
  C extends readonly AnyCollection[],
  S extends Schema,
  T extends readonly Topic[],
> = (C extends readonly [] ? BlankSchema : SchemaOf<C>) &
  AccountSchema &
  JobSchema &
  WebhookSchema &
  NamedTopics<TopicSchema, C, T> &
  S
