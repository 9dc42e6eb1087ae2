import type { Commit } from '../http/commit.ts'
import type { Platform } from '../ports/platform.ts'
import type { Destinations } from './destination.ts'

/** The dependencies of the routes of webhooks. */
export interface WebhookDependencies extends Pick<Platform, 'database' | 'now' | 'random'> {
  commit: Commit
  newId(): string
  /** Called after the commit of a delivery that is due at that time. */
  onDue(job: string, atMs: number): void
  destinations: Destinations
  /** The names by which endpoints choose events. */
  names: readonly string[]
}
