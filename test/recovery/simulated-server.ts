/** The app on a database file, without a socket; it can be stopped, killed, restored and started again. */
import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createSqliteDatabase } from '../../adapters/sqlite/database.ts'
import type { Database, SqlRow, Steps } from '../../src/ports/database.ts'
import { createLocalNotifier } from '../../src/ports/notifier.ts'
import { createFaultyBus, type FaultyBus } from '../contracts/notifier-faults.ts'
import type { Random } from '../contracts/notifier-random.ts'
import { createTestApp } from '../topics/app.ts'
import { History } from './history.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface ServerOptions {
  folder: string
  /** The database to begin with. */
  template: string
  random: Random
  time: VirtualTime
  /** Reads are answered late, and in any order. */
  hasSlowReads: boolean
  /** The response to a write, and its notification, come some time after the commit. */
  hasSlowWrites: boolean
  hasFaultyBus: boolean
}

type App = ReturnType<typeof createTestApp>

const firstMs = Date.UTC(2026, 0, 1)
const checkMs = 200

/** A database that has been started once, for all schedules below a folder: to make one takes a while. */
export async function makeTemplate(folder: string): Promise<string> {
  const path = join(folder, 'template.db')
  if (existsSync(path)) return path
  const connection = new DatabaseSync(path)
  const database = createSqliteDatabase(connection, { origin: originOf(1) })
  await createTestApp({ database }).start()
  await database.close()
  return path
}

const originOf = (place: number) => `file ${place}`

export class SimulatedServer {
  readonly history = new History()
  readonly problems: unknown[] = []
  readonly #options: ServerOptions
  readonly #path: string
  readonly #backup: string
  #connection: DatabaseSync | null = null
  #database: Database | null = null
  #origin = 1
  #hasBackup = false
  #epoch = ''
  #notifier: FaultyBus | null = null
  /** How far the clock was set on. */
  clockOffsetMs = 0
  app: App | null = null

  constructor(options: ServerOptions) {
    this.#options = options
    this.#path = join(options.folder, 'galley.db')
    this.#backup = join(options.folder, 'backup.db')
    copyFileSync(options.template, this.#path)
  }

  epoch(): string {
    return this.#epoch
  }

  /** Also right when it was taken from a file that is closed by now. */
  oldest(topic: string): number {
    const [row] = this.#ask(
      `select min("offset") as oldest, (select max("offset") from galley_events where topic = ?1) as newest
       from galley_events where topic = ?1 and type <> ''`,
      topic,
    )
    return Number(row?.oldest ?? Number(row?.newest ?? 0) + 1)
  }

  newest(topic: string): number {
    const [row] = this.#ask('select max("offset") as newest from galley_events where topic = ?', topic)
    return Number(row?.newest ?? 0)
  }

  #ask(sql: string, ...parameters: string[]): SqlRow[] {
    return (this.#connection?.prepare(sql).all(...parameters) ?? []) as SqlRow[]
  }

  absorb(): void {
    if (this.#connection) this.history.absorb(this.#connection, this.#epoch)
  }

  #absorbAppended(topics: ReadonlySet<string>, connection: DatabaseSync): void {
    for (const topic of topics) this.history.absorbTopic(connection, this.#epoch, topic)
  }

  async start(): Promise<void> {
    const { random, time, hasFaultyBus } = this.#options
    const connection = new DatabaseSync(this.#path)
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON')
    this.#connection = connection
    const stored = createSqliteDatabase(connection, { origin: originOf(this.#origin) })
    const database = this.#between(stored, connection)
    const inner = createLocalNotifier()
    const notifier = createFaultyBus({ inner, random: random.next, checkMs })
    if (!hasFaultyBus) notifier.mend()
    const app = createTestApp({
      database,
      notifier: hasFaultyBus ? notifier : inner,
      now: () => firstMs + time.ms + this.clockOffsetMs,
      random: (bytes) => bytes.map(() => random.below(256)),
      log: { access() {}, note() {}, problem: ({ error }) => void this.problems.push(error) },
    })
    const starting = app.start()
    await time.run(5)
    await starting
    this.#notifier = notifier
    this.#database = stored
    this.#epoch = String(this.#ask('select epoch from galley_epoch')[0]?.epoch)
    this.app = app
    this.absorb()
  }

  /** Responses are dropped once the connection is replaced. */
  #between(database: Database, connection: DatabaseSync): Database {
    const { hasSlowReads, hasSlowWrites, random } = this.#options
    const isOver = () => this.#connection !== connection
    const never = new Promise<never>(() => {})
    const later = () => new Promise<void>((resolve) => setTimeout(resolve, random.below(4)))
    return {
      ...database,
      read: (statement) => {
        if (isOver()) return never
        if (!hasSlowReads) return database.read(statement)
        const rows = database.read(statement)
        return later().then(() => rows)
      },
      write: async (write) => {
        if (isOver()) return never
        const topics = new Set<string>()
        try {
          const result = await database.write(() => noteTopics(write(), topics))
          if (!isOver()) this.#absorbAppended(topics, connection)
          return result
        } finally {
          if (hasSlowWrites) await later()
        }
      },
    }
  }

  /** Ends as at a signal: requests in flight get their responses. */
  async stop(): Promise<void> {
    this.app?.drain()
    this.app?.connections.goaway()
    await this.#options.time.run(20)
    this.absorb()
    const closing = this.#database?.close()
    this.#reset()
    await this.#options.time.run(5)
    await closing
    this.#options.time.clear()
  }

  /** Ends as by `kill -9`, with messages in transit. */
  async kill(): Promise<void> {
    await this.#options.time.settle()
    this.absorb()
    this.#options.time.clear()
    this.abandon()
  }

  /** Closes the file, with messages in transit. */
  abandon(): void {
    if (this.#connection?.isOpen) this.#connection.close()
    this.#reset()
  }

  #reset(): void {
    this.app = null
    this.#connection = null
    this.#database = null
    this.#notifier = null
  }

  releaseNotifications(): void {
    this.#notifier?.release()
  }

  mend(): void {
    this.#notifier?.mend()
    this.#notifier?.release()
  }

  takeBackup(): void {
    rmSync(this.#backup, { force: true })
    this.#connection?.exec(`VACUUM INTO '${this.#backup}'`)
    this.#hasBackup = true
  }

  /** Puts the backup, where there is one, in the place of the data. The server must not run. */
  restore(): void {
    if (!this.#hasBackup) return
    for (const end of ['-wal', '-shm']) rmSync(this.#path + end, { force: true })
    copyFileSync(this.#backup, this.#path)
    this.#origin += 1
  }

  /** The data is found at another place than before. The server must not run. */
  move(): void {
    this.#origin += 1
  }
}

/** Passes steps on and notes the topics that they append to. */
function* noteTopics<T>(steps: Steps<T>, topics: Set<string>): Steps<T> {
  let next = steps.next()
  while (!next.done) {
    for (const { sql, parameters } of next.value) {
      if (sql.startsWith('insert into galley_events')) topics.add(String(parameters[0]))
    }
    next = steps.next(yield next.value)
  }
  return next.value
}
