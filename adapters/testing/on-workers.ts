/**
 * An app without a port, for the tests of those who build with Galley: its clock and randomness are in the hand of the test, its
 * email is caught, and its jobs run when they are asked to. This is the entry on Workers, where the database is that of a Durable
 * Object; `test-server.ts` is the one of all other runtimes.
 */
import type { Schema } from 'hono'
import type { BlankSchema } from 'hono/types'
import type { AppOptions, AppSchema, CheckedOptions } from '../../src/app/options.ts'
import { type App, createApp } from '../../src/app.ts'
import type { AnyCollection } from '../../src/collections/declaration.ts'
import type { Database } from '../../src/ports/database.ts'
import type { Log } from '../../src/ports/log.ts'
import type { Mail } from '../../src/ports/mailer.ts'
import { createMetrics } from '../../src/ports/metrics.ts'
import { createLocalNotifier } from '../../src/ports/notifier.ts'
import type { Platform } from '../../src/ports/platform.ts'
import type { WebhookMessage } from '../../src/ports/webhook-sender.ts'
import type { Topic } from '../../src/topics/topic.ts'
import { createRandom } from './random.ts'
import { plainPasswords, signUp, type TestUser, type UserOptions } from './test-user.ts'

export type { TestUser, UserOptions } from './test-user.ts'

export interface TestOptions {
  /** The time at the start, in milliseconds since 1970. Default: 2027-01-01. */
  now?: number
  /** The seed of all randomness, ids included. Default: 1. */
  seed?: number
  /** On Workers, the database of a Durable Object: `createObjectDatabase(state.storage)`. */
  database: Database
  /** The environment, for the function that makes the app. Default: empty. */
  env?: object
  /** Default: no log; an unexpected error of a route, hook or job is thrown by `stop`. */
  log?: Log
}

/** A running app for tests. `request` of Hono asks it, as in `app.request('/api/todos')`. */
export interface TestServer<S extends Schema> extends App<S> {
  /** Emails that were sent, the oldest first. */
  readonly mail: readonly Mail[]
  /** Webhooks that were sent, the oldest first. Each is taken. */
  readonly webhooks: readonly WebhookMessage[]
  /** Makes an account and signs it in. */
  signUp(email: string, options?: UserOptions): Promise<TestUser>
  /** Milliseconds since 1970. Time stands still but for `advance`. */
  now(): number
  /** Moves the clock on, and runs the jobs that are due then. */
  advance(ms: number): Promise<void>
  /** Runs the jobs that are due, and those that they enqueue. */
  runJobs(): Promise<void>
  /** Ends the app. @throws the first unexpected error that the app has reported */
  stop(): Promise<void>
}

const startMs = Date.UTC(2027, 0, 1)

/** The function of an app that `serve` takes, too. */
export type MakeApp<S extends Schema> = (platform: Platform, env: never) => App<S>

/** Starts an app, of the function that makes it or of its options. Its rate limits are off. */
export function testServer<S extends Schema>(make: MakeApp<S>, options: TestOptions): Promise<TestServer<S>>
export function testServer<
  const C extends readonly AnyCollection[] = readonly [],
  S extends Schema = BlankSchema,
  const T extends readonly Topic[] = readonly [],
>(app: CheckedOptions<C, S, T> | undefined, options: TestOptions): Promise<TestServer<AppSchema<C, S, T>>>
export async function testServer(
  given: MakeApp<Schema> | AppOptions<readonly AnyCollection[]> | undefined,
  { now = startMs, seed = 1, database, env = {}, log }: TestOptions,
): Promise<TestServer<Schema>> {
  const state = {
    ms: now,
    mail: [] as Mail[],
    webhooks: [] as WebhookMessage[],
    problems: [] as unknown[],
    runJobs: async () => {},
  }
  const platform: Platform = {
    database,
    notifier: createLocalNotifier(),
    assets: { open: async () => null },
    settings: { corsOrigins: [], hosts: null, trustedProxies: [], metricsToken: '', isRateLimited: false },
    now: () => state.ms,
    random: createRandom(seed),
    log: log ?? { access() {}, note() {}, problem: ({ error }) => void state.problems.push(error) },
    metrics: createMetrics(),
    accounts: {
      passwords: plainPasswords,
      mailer: { send: async (mail) => void state.mail.push(mail) },
      publicUrl: () => 'https://app.example',
      signUp: 'open',
    },
    webhooks: {
      networks: [],
      async send(message) {
        state.webhooks.push(message)
        return { status: 204, retryAfter: null, text: '' }
      },
    },
    scheduler: {
      wakeAt() {},
      listen(callback) {
        state.runJobs = callback
      },
      close() {},
    },
    ownsDatabase: true,
  }
  const app = typeof given === 'function' ? given(platform, env as never) : createApp(platform, given)
  await app.start()
  const { stop } = app
  return Object.assign(app, {
    mail: state.mail,
    webhooks: state.webhooks,
    signUp: (email: string, given?: UserOptions) => signUp(app, platform.database, email, given),
    now: () => state.ms,
    async advance(ms: number) {
      state.ms += ms
      await state.runJobs()
    },
    runJobs: () => state.runJobs(),
    async stop() {
      await stop()
      if (state.problems.length > 0) throw state.problems[0]
    },
  })
}
