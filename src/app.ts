import { OpenAPIHono } from '@hono/zod-openapi'
import type { Schema } from 'hono'
import type { BlankSchema } from 'hono/types'
import { checkCollections } from './app/checks.ts'
import { createLive } from './app/live.ts'
import { type Changes, migrateDatabase, planMigration } from './app/migrate.ts'
import { mountCollections, mountOwn, mountServer, refuseLateMiddleware } from './app/mount.ts'
import type { AppOptions, AppSchema, CheckedOptions } from './app/options.ts'
import { createSeed, type Seeded } from './app/seed.ts'
import { createServices } from './app/services.ts'
import { isOpen } from './collections/access.ts'
import type { AnyCollection } from './collections/declaration.ts'
import { topicsOf } from './collections/feed.ts'
import { createKeptRowsCleanup } from './collections/kept-rows.ts'
import type { As } from './collections/local-client.ts'
import type { Connections } from './connections/connections.ts'
import { isUpgrade } from './connections/upgrade.ts'
import { Background } from './database/cleanup.ts'
import { Health } from './http/health.ts'
import { createKeyCleanup } from './http/idempotency.ts'
import { Pipeline } from './http/pipeline.ts'
import { createRouter, routedPath } from './http/router.ts'
import { withHookJobs } from './jobs/hook-jobs.ts'
import { checkJobs } from './jobs/job.ts'
import { IncompleteBytes } from './limits/incomplete-bytes.ts'
import type { Platform } from './ports/platform.ts'
import type { EnqueueArguments, QueuedJob } from './queue/enqueue.ts'
import type { AdmittedPeer, Env, Peer, RequestContext } from './request/context.ts'
import type { Topic } from './topics/topic.ts'

/** The whole server as one fetch handler. It is a Hono app, so `hc<typeof app>` is its typed client. */
export interface App<S extends Schema> extends OpenAPIHono<Env, S> {
  /**
   * Migrates the database to the declared collections. Must be called once, before the first request.
   * @throws StartError when the stored data does not fit
   */
  start(): Promise<Started>
  /** Resolves with what `start` would change in the database, and changes nothing. @throws StartError as `start` does */
  planMigration(): Promise<Changes>
  /** Runs the seed of the app. @throws StartError when it has none */
  seed(): Promise<Seeded>
  /** Fails readiness, so that a load balancer sends nothing more, and ends streams, polls and imports; their clients come back. */
  drain(): void
  /** Message connections, for the transports to open. */
  connections: Connections
  /** The client of a request that begins a message connection; null for any other, which is for `fetch`. */
  admit(request: Request, peer: Peer): AdmittedPeer | null
  /**
   * Ends the subscriptions and memberships that a rule no longer allows, as a timer does once a second. For a runtime without timers,
   * which calls it after everything that it runs.
   */
  checkAccess(): void
  /**
   * Acts on behalf of a user, of an anonymous client (null), or of the server itself (`system`), with the rules and hooks that
   * HTTP has.
   */
  as: As
  /** Enqueues a job outside of a write, and resolves with its id once it is stored. */
  enqueue<Input>(job: QueuedJob<Input>, ...given: EnqueueArguments<NoInfer<Input>>): Promise<string>
  /**
   * Ends the cleanup, and stops running jobs: those that run finish, or are given back after some seconds. To be called before the
   * database is closed.
   */
  stop(): Promise<void>
  /** Deletes outdated data. Should be called at the start and once an hour or so. */
  cleanUp(): Promise<void>
}

/** Information for the operator alone. */
export interface Started {
  /** Signing up with this code makes an administrator; null where there is one, or where there are no accounts. */
  administratorCode: string | null
  /** The names of the collections, for examples of requests. */
  collections: readonly string[]
  /** The names of those that anyone may read and change. */
  openCollections: readonly string[]
}

/**
 * Makes a server from declarations and a platform.
 * @throws TypeError when a collection is declared twice, or refers to one that is not there
 */
export function createApp<
  const C extends readonly AnyCollection[] = readonly [],
  S extends Schema = BlankSchema,
  const T extends readonly Topic[] = readonly [],
>(platform: Platform, options?: CheckedOptions<C, S, T>): App<AppSchema<C, S, T>> {
  const declared: AppOptions<C, S, T> = options ?? {}
  const { collections = [], topics = [], migrations = [] } = declared
  checkCollections(collections, declared.webhooks)
  const jobs = withHookJobs(declared.jobs ?? [], collections)
  checkJobs(jobs)
  const allTopics = [...topics, ...collections.flatMap(topicsOf)]
  const services = createServices(platform, collections, allTopics, jobs, declared.webhooks)
  const { auth, admissionControl, deps, runner, webhooks } = services
  const { router, matched } = createRouter()
  const hono = new OpenAPIHono<Env>({ router, getPath: routedPath })
  const { fetch } = hono
  const handle = (request: Request, context: RequestContext) => {
    const response = fetch(request, context)
    context.route = matched()
    return response
  }
  const incompleteBytes = new IncompleteBytes()
  const pipeline = new Pipeline(platform, auth?.identities, admissionControl, incompleteBytes)
  let currentEpoch = ''
  const epoch = () => currentEpoch
  const live = createLive({
    ...services,
    platform,
    collections,
    commit: deps.commit,
    topics: allTopics,
    incompleteBytes,
    epoch,
    identities: auth?.identities ?? null,
    fetch: (request, peer, identity) => pipeline.run(request, handle, peer, identity),
  })
  const background = new Background()
  const cleanUpKeys = createKeyCleanup(platform)
  const cleanUpKeptRows = createKeptRowsCleanup(collections, platform)
  const health = new Health(platform.database)
  const draining = new AbortController()
  mountOwn(hono, declared, services)
  mountCollections(hono, collections, services, { epoch, draining: draining.signal })
  mountServer(hono, platform, { collections, auth, jobRoutes: services.jobRoutes, webhooks, live, health })
  return Object.assign(hono, {
    use: refuseLateMiddleware,
    fetch: (request: Request, peer?: Peer) => pipeline.run(request, handle, peer),
    async start() {
      currentEpoch = await migrateDatabase({ platform, collections, migrations })
      await webhooks?.count()
      await runner?.start()
      const administratorCode = auth === null ? null : await auth.start()
      return {
        administratorCode,
        collections: namesOf(collections),
        openCollections: namesOf(collections.filter(isOpen)),
      }
    },
    seed: createSeed(declared.seed, deps.as),
    planMigration: () => planMigration({ platform, collections, migrations }),
    drain() {
      health.drain()
      draining.abort()
      live.end()
    },
    connections: live.connections,
    admit: (request: Request, peer: Peer) => (isUpgrade(request) ? pipeline.admitConnection(request, peer) : null),
    checkAccess: live.checkAccess,
    as: deps.as,
    enqueue: <Input>(job: QueuedJob<Input>, ...given: EnqueueArguments<NoInfer<Input>>) =>
      platform.database.write(() => deps.enqueue(job, ...given)),
    async stop() {
      background.stop()
      await runner?.stop()
    },
    async cleanUp() {
      await live.cleanUp(background)
      await cleanUpKeys(background)
      await cleanUpKeptRows(background)
      await auth?.cleanUp(background)
      await webhooks?.cleanUp(background)
      await runner?.count()
    },
  })
}

function namesOf(collections: readonly AnyCollection[]): string[] {
  return collections.map(({ name }) => name)
}
