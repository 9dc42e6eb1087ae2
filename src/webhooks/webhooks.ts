/** Webhooks: changes of rows are sent to URLs that administrators enter. */
import type { AnyCollection } from '../collections/declaration.ts'
import type { Feed } from '../collections/feed.ts'
import { type Background, deleteInSteps } from '../database/cleanup.ts'
import { type SchemaAt, ValidatedRoutes } from '../http/validated-routes.ts'
import type { AnyJob } from '../jobs/job.ts'
import type { Platform } from '../ports/platform.ts'
import { Backlog } from './backlog.ts'
import { createDeliveryJob } from './delivery.ts'
import type { WebhookDependencies } from './dependencies.ts'
import { Destinations } from './destination.ts'
import { eventNames } from './event.ts'
import { createWebhookFeed } from './feed.ts'
import { createDeliveryRoutes } from './routes/deliveries.ts'
import { createEndpointActions } from './routes/endpoint-actions.ts'
import { createEndpointRoutes } from './routes/endpoints.ts'
import { deleteOutdated } from './store/deliveries.ts'
import { endpointOfJob, jobPrefix } from './store/queue.ts'

export interface WebhooksOptions extends Omit<WebhookDependencies, 'destinations' | 'names' | keyof Platform> {
  platform: Platform
  /** The collections whose changes may be sent. */
  collections: readonly AnyCollection[]
}

export interface Webhooks {
  /** For `/api/admin`. */
  routes: ReturnType<typeof createRoutes>
  /** Enqueues the changes of a collection; null for one whose changes are not sent. */
  feedOf(collection: AnyCollection): Feed | null
  /** The job of the deliveries to an endpoint, by its name; null for any other name. */
  jobOf(name: string): AnyJob | null
  /** Counts the deliveries that wait. To be called once the tables exist. */
  count(): Promise<void>
  /** Deletes deliveries that the log keeps no longer. */
  cleanUp(background: Background): Promise<void>
}

/** The schema of the routes, for `hc`. */
export type WebhookSchema = SchemaAt<'/api/admin', ReturnType<typeof createRoutes>>

/** @throws TypeError on a platform that cannot send, or has no administrators */
export function createWebhooks({ platform, collections, ...given }: WebhooksOptions): Webhooks {
  const { webhooks: sender, accounts, database, now, random } = platform
  if (sender === undefined) throw new TypeError('This platform sends no webhooks: give it a WebhookSender.')
  if (accounts === undefined) throw new TypeError('Webhooks need accounts, because administrators manage them.')
  const sent = new Set(collections)
  const backlog = new Backlog(database)
  const onDue = (job: string, atMs: number) => {
    backlog.add(endpointOfJob(job), 1)
    given.onDue(job, atMs)
  }
  const options = { ...given, now, onDue, full: () => backlog.full }
  const routes = createRoutes({
    ...options,
    database,
    random,
    destinations: new Destinations(sender.networks),
    names: eventNames(collections.map(({ name }) => name)),
  })
  return {
    routes,
    feedOf: (collection) => (sent.has(collection) ? createWebhookFeed(collection, options) : null),
    jobOf(name) {
      if (!name.startsWith(jobPrefix)) return null
      return createDeliveryJob(name, sender, () => backlog.add(endpointOfJob(name), -1))
    },
    count: () => backlog.count(),
    async cleanUp(background) {
      await deleteInSteps(database, background, (limit) => deleteOutdated(now(), limit))
      await backlog.count()
    },
  }
}

function createRoutes(dependencies: WebhookDependencies) {
  return new ValidatedRoutes()
    .route('/', createDeliveryRoutes(dependencies))
    .route('/', createEndpointRoutes(dependencies))
    .route('/', createEndpointActions(dependencies))
}
