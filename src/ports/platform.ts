import type { Assets } from './assets.ts'
import type { Database } from './database.ts'
import type { Log } from './log.ts'
import type { Mailer } from './mailer.ts'
import type { Metrics } from './metrics.ts'
import type { Notifier } from './notifier.ts'
import type { Passwords } from './passwords.ts'
import type { RequestMaker } from './request-maker.ts'

/** What Web standards lack and a runtime supplies. An adapter builds one and hands it to `createApp`. */
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
  /** What accounts need; without it there are none, and nobody is known. */
  accounts?: AccountSettings
  /** How sessions of messages are best served here. */
  connections?: ConnectionSettings
  /** Whether the runtime itself refuses what an overloaded server can't do in time, as Workers do. */
  refusesOverload?: boolean
}

export interface AccountSettings {
  passwords: Passwords
  mailer: Mailer
  /** Where the server is reached, as in `https://app.example`, for links in mail; null where nobody said. */
  publicUrl: string | null
}

/** What a runtime can do for sessions of messages; what it leaves out is done with Web standards alone. */
export interface ConnectionSettings {
  /** How long a peer may be quiet before it is asked whether it is there; null where the runtime sees to that. */
  heartbeatMs?: number | null
  /** Makes requests more cheaply than the runtime's own class does. */
  makeRequest?: RequestMaker
  /** The body of an answer when it is text at hand, so that no promise is needed; null when it is not. */
  textOf?(response: Response): string | null
}

/** What an operator decides, as far as the app itself must know. */
export interface Settings {
  /** Origins of other sites that may call the API from a browser, as in `https://app.example`. */
  corsOrigins: readonly string[]
  /** The host names that the server answers to, without port; null for any. */
  hosts: readonly string[] | null
  /** Addresses and ranges of proxies whose word for a client's address is taken. */
  trustedProxies: readonly string[]
  /** Lets whoever bears it read the metrics from anywhere; '' for nobody. */
  metricsToken: string
  /** Whether clients may ask only so much. */
  isRateLimited: boolean
}
