import type { Assets } from './assets.ts'
import type { Database } from './database.ts'
import type { Log } from './log.ts'
import type { Mailer } from './mailer.ts'
import type { Metrics } from './metrics.ts'
import type { Notifier } from './notifier.ts'
import type { Passwords } from './passwords.ts'
import type { RequestMaker } from './request-maker.ts'
import type { Scheduler } from './scheduler.ts'
import type { WebhookSender } from './webhook-sender.ts'

/** The services that a runtime supplies beyond Web standards. An adapter builds one and passes it to `createApp`. */
export interface Platform {
  database: Database
  notifier: Notifier
  assets: Assets
  settings: Settings
  /** Milliseconds since 1970. May jump either way. */
  now(): number
  /** Fills the array with random bytes fit for secrets, and returns it. */
  random(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>
  log: Log
  metrics: Metrics
  /** Accounts; without them every caller is anonymous. */
  accounts?: AccountSettings
  /** Settings for live message connections. */
  connections?: ConnectionSettings
  /** Wakes the app for its jobs; timers, unless the runtime has something that outlives a timer. */
  scheduler?: Scheduler
  /** Sends webhooks; without it an app can have none. */
  webhooks?: WebhookSender
  /** True if no other process serves the same data: then the jobs of a process that ended run again as soon as the next starts. */
  ownsDatabase?: boolean
  /** True if the runtime itself sheds load, as Workers do. */
  refusesOverload?: boolean
}

export interface AccountSettings {
  passwords: Passwords
  mailer: Mailer
  /** Returns the public origin of the server for links in email, as in `https://app.example`; null when it is not known. */
  publicUrl(): string | null
  /** `open` makes an account at once; `verified` only for the reader of an email to its address. */
  signUp: 'open' | 'verified'
}

/** Optimizations of a runtime for live message connections; without them Web standards are used. */
export interface ConnectionSettings {
  /** The time after which a silent peer is pinged; null where the runtime sends heartbeats, and a timer would keep the server awake. */
  heartbeatMs?: number | null
  /** Makes requests faster than the runtime's own class. */
  makeRequest?: RequestMaker
  /** Returns the body of a response when its text is in memory, so that no promise is needed; else null. */
  textOf?(response: Response): string | null
}

/** The operator's settings that the app needs. */
export interface Settings {
  /** Origins of other sites that may call the API from a browser, as in `https://app.example`. */
  corsOrigins: readonly string[]
  /** The host names that the server accepts, without port; null for any. */
  hosts: readonly string[] | null
  /** Addresses and networks of proxies whose forwarding headers are trusted. */
  trustedProxies: readonly string[]
  /** The bearer token that may read the metrics from any address; '' for none. */
  metricsToken: string
  /** True if rate limits are on. */
  isRateLimited: boolean
}
