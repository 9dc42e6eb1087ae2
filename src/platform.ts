import type { Kysely } from 'kysely'
import type { Mailer } from './auth/mailer.ts'
import type { Passwords } from './auth/passwords.ts'
import type { ErrorCode } from './errors.ts'
import type { RateLimits } from './limits/rate-limits.ts'
import type { Log } from './log.ts'
import type { RequestMaker } from './messages/request-maker.ts'
import type { Metrics } from './metrics.ts'

/** What Web standards lack and a runtime supplies. An adapter builds one and hands it to `createApp`. */
export interface Platform {
  database: Database
  bus: Bus
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
  sessions?: SessionSettings
  /** Where what clients may ask is counted, when that is not in memory here. */
  rateLimits?: RateLimits
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
export interface SessionSettings {
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

export type SqlValue = string | number | null
export type SqlRow = Readonly<Record<string, SqlValue>>

/** One SQL statement with `?` for each parameter: 100 at most, so that it runs on every engine. */
export interface Statement {
  sql: string
  parameters: readonly SqlValue[]
  /** The statement must return a row (use RETURNING), else its whole write fails with this error. */
  guard?: Guard
}

export interface Guard {
  error: ErrorCode
  message?: string
  /** The field of the request that is to blame. */
  field?: string
}

/** The rows that each statement of a write returned, in order. */
export type Results = readonly (readonly SqlRow[])[]

/**
 * A statement, or a pure function of what the statements before it returned. It runs inside the
 * transaction, perhaps more than once. What it throws fails the whole write.
 */
export type Step = Statement | ((earlier: Results) => Statement)

/**
 * The one place where data is kept.
 *
 * - A write happens wholly or not at all, and its promise resolves only when it is durable.
 * - Writes take place one after the other, in the order in which they were asked for.
 * - A failing write fails alone, whatever else shares its commit.
 * - Errors are `AppError`s: the guard's own; `conflict` for a broken constraint; `storage_full`;
 *   `storage_unavailable` when the engine can't do its work. After one of the last two during
 *   COMMIT it is open whether the write happened, as it is after a lost connection.
 */
export interface Database {
  /** Names the place of the data, such as a file's device and inode: another one means another history. */
  readonly origin: string
  /** Sees every write that has resolved. May answer at once where the engine is synchronous. */
  read(statement: Statement): readonly SqlRow[] | Promise<readonly SqlRow[]>
  write(steps: readonly Step[]): Promise<Results>
  /** Fails with `storage_unavailable` unless the data can be read and is where it was at the start. */
  check(): Promise<void>
  /** Runs `work` in one transaction of its own, before anything else is served: for migrations. */
  migrate(work: (database: Kysely<unknown>) => Promise<void>): Promise<void>
  /** Finishes what was asked for and lets go of the file. */
  close(): Promise<void>
}

/**
 * A doorbell between those who write topics and those who follow them, in one process or in many. What
 * it says is a hint: the log is the truth. A ring may come late, twice, out of order or never; whoever
 * listens must stay right then.
 */
export interface Bus {
  /** How often followers look by themselves, because a ring may be lost; null where none can be. */
  readonly checkMs: number | null
  /** Says that a topic has come to an offset. Never throws, and never waits. */
  ring(topic: string, offset: number): void
  /** Calls the listener at each ring of anybody, until the function it returns is called. It must not throw. */
  listen(listener: (topic: string, offset: number) => void): () => void
}

/** Files to serve, read only. */
export interface Assets {
  /**
   * Opens the file at a relative path such as `img/logo.svg`. Null when there is no such file, when
   * it is a folder or a hidden file, and when the path leads outside.
   */
  open(path: string): Promise<Asset | null>
}

export interface Asset {
  sizeBytes: number
  /** Changes whenever the content does; fit for an ETag. */
  version: string
  /** The bytes from `start` to `end`, both included. */
  read(start: number, end: number): ReadableStream<Uint8Array>
}
