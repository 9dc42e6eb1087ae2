/**
 * The database port over node:sqlite, on Node, Deno and Bun.
 *
 * Writes that arrive in one turn of the event loop, or while the group before them is synced, share one transaction, so that
 * durability costs one fsync per group. A group runs without savepoints, which cost as much as an insert; if one member fails
 * half-way, the group runs again with a savepoint for each member, so that the failing one is undone alone. Nothing resolves
 * before COMMIT and its sync. A full disk, an I/O error or a failed COMMIT may destroy the whole transaction with its
 * savepoints: then every member runs again on its own and has its own outcome.
 */
import type { StatementSync } from 'node:sqlite'
import { createKysely } from '../../src/database/dialect.ts'
import { databaseError } from '../../src/database/failure.ts'
import { Attempt, runWrite } from '../../src/database/steps.ts'
import { AppError } from '../../src/errors.ts'
import type { Database, SqlRow, Statement, Write } from '../../src/ports/database.ts'
import { createMetrics, secondsBounds } from '../../src/ports/metrics.ts'
import { type Connection, syncedByCommit } from './durability.ts'

/** More writes in one transaction gain nothing, and the first would wait for the last. */
const groupWritesMax = 256
/** Turns of the event loop in which a group gathers; in the second arrive the clients that just received a response. */
const gatherTurns = 2
/** Beyond this the oldest prepared statement is dropped. */
const preparedMax = 256
/** Waiting writes; more are refused with 503, to bound memory. */
const queueWritesMax = 65_536

interface Pending {
  write: Write<unknown>
  resolve(result: unknown): void
  reject(error: unknown): void
}

const probe: Statement = { sql: 'select count(*) from sqlite_schema', parameters: [] }

type Outcome = { result: unknown; attempt: Attempt } | { error: unknown; isHalfDone?: boolean }

/** Of writes in a group. */
const groupBounds = [1, 2, 4, 8, 16, 32, 64, 128, groupWritesMax]

/** Makes the port over an open connection, which it then owns. */
export function createSqliteDatabase(
  connection: Connection,
  { metrics = createMetrics(), origin = '', durability = syncedByCommit(connection) } = {},
): Database {
  const readSeconds = metrics.histogram('database_read_seconds', 'Time of a read.', secondsBounds)()
  const groupSeconds = metrics.histogram(
    'database_group_seconds',
    'Time of a group of writes, with its commit.',
    secondsBounds,
  )()
  const groupWrites = metrics.histogram('database_group_writes', 'Writes that shared a commit.', groupBounds)()
  metrics.gauge('database_queue_writes', 'Writes that wait for their group.', () => queue.length)
  const prepare = createStatementCache()
  const queue: Pending[] = []
  let scheduled: Promise<void> | null = null

  const run = ({ sql, parameters }: Statement, on = connection) => prepare(on, sql).all(...parameters) as SqlRow[]

  /** Runs one member of a group. */
  function runMember(write: Write<unknown>, savepoints: boolean): Outcome {
    const attempt = new Attempt()
    if (savepoints) connection.exec('SAVEPOINT member')
    try {
      const result = runWrite(write, run, attempt)
      if (savepoints) connection.exec('RELEASE member')
      return { result, attempt }
    } catch (error) {
      if (savepoints && connection.isTransaction) connection.exec('ROLLBACK TO member; RELEASE member')
      return { error, isHalfDone: !savepoints && attempt.statements > 0 }
    }
  }

  /**
   * The outcomes in order; null where a member failed half-way and there are no savepoints.
   * @throws what made the transaction as a whole fail. In both cases nothing of it happened
   */
  function runGroup(group: readonly Pending[], savepoints: boolean): Outcome[] | null {
    connection.exec('BEGIN IMMEDIATE')
    try {
      const outcomes: Outcome[] = []
      for (const { write } of group) {
        const outcome = runMember(write, savepoints)
        if (!connection.isTransaction) throw 'error' in outcome ? outcome.error : new Error('The transaction was lost.')
        if ('error' in outcome && outcome.isHalfDone) return null
        outcomes.push(outcome)
      }
      connection.exec('COMMIT')
      return outcomes
    } finally {
      if (connection.isTransaction) connection.exec('ROLLBACK')
    }
  }

  function commitGroup(group: readonly Pending[]): Outcome[] {
    try {
      return runGroup(group, false) ?? runGroup(group, true) ?? []
    } catch (error) {
      return group.length === 1 ? [{ error }] : group.flatMap((member) => commitGroup([member]))
    }
  }

  async function commitDurably(group: readonly Pending[]): Promise<Outcome[]> {
    try {
      durability.pinReaders()
    } catch (error) {
      return group.map(() => ({ error }))
    }
    const outcomes = commitGroup(group)
    try {
      await durability.sync()
      return outcomes
    } catch (error) {
      return outcomes.map((outcome) => ('result' in outcome ? { error } : outcome))
    }
  }

  async function writeGroup(group: readonly Pending[]): Promise<void> {
    const startMs = performance.now()
    const outcomes = await commitDurably(group)
    groupSeconds.observe((performance.now() - startMs) / 1000)
    groupWrites.observe(group.length)
    for (const [index, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[index]
      if (outcome && 'result' in outcome) {
        outcome.attempt.committed()
        resolve(outcome.result)
      } else reject(databaseError(outcome?.error))
    }
  }

  /** A turn of the loop gathers what arrives in it; a microtask would gather nothing. */
  async function writeAll(): Promise<void> {
    while (queue.length > 0) {
      for (let turn = 0; turn < gatherTurns; turn += 1) await new Promise((done) => setImmediate(done))
      await writeGroup(queue.splice(0, groupWritesMax))
    }
    scheduled = null
  }

  async function drain(): Promise<void> {
    for (let writing = scheduled; writing; writing = scheduled) await writing
  }

  return {
    origin,
    read(statement) {
      const startMs = performance.now()
      try {
        return run(statement, durability.reader())
      } catch (error) {
        throw databaseError(error)
      } finally {
        readSeconds.observe((performance.now() - startMs) / 1000)
      }
    },
    write(write) {
      if (queue.length >= queueWritesMax) return Promise.reject(new AppError('storage_unavailable'))
      return new Promise((resolve, reject) => {
        queue.push({ write, resolve, reject })
        scheduled ??= writeAll()
      })
    },
    async check() {
      await this.read(probe)
    },
    async migrate(work) {
      await drain()
      connection.exec('BEGIN IMMEDIATE')
      try {
        await work(createKysely((sql, parameters) => run({ sql, parameters })))
        connection.exec('COMMIT')
        await durability.sync()
      } finally {
        if (connection.isTransaction) connection.exec('ROLLBACK')
      }
    },
    async close() {
      await drain()
      await durability.close()
    },
  }
}

/** Prepared statements by connection and text, the oldest of which go. */
function createStatementCache(): (connection: Connection, sql: string) => StatementSync {
  const caches = new Map<Connection, Map<string, StatementSync>>()
  return function prepare(connection, sql) {
    const cache = caches.get(connection) ?? new Map<string, StatementSync>()
    caches.set(connection, cache)
    const known = cache.get(sql)
    if (known) return known
    const statement = connection.prepare(sql)
    const [oldest] = cache.keys()
    if (cache.size >= preparedMax && oldest !== undefined) cache.delete(oldest)
    cache.set(sql, statement)
    return statement
  }
}
