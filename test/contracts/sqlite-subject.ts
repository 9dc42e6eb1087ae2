import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createSqliteDatabase } from '../../adapters/sqlite/database.ts'
import type { Connection } from '../../adapters/sqlite/durability.ts'
import type { Subject } from './subject.ts'

/** A database on a real file, as the server has it, whose connection fails on demand. */
export function createSqliteSubject(): Subject & { remove(): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'galley-contract-'))
  const real = new DatabaseSync(join(folder, 'test.db'))
  real.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  let failCommit = false
  let loseAt: string | null = null
  const connection: Connection = {
    get isTransaction() {
      return real.isTransaction
    },
    close: () => real.close(),
    exec(sql) {
      if (failCommit && sql === 'COMMIT') {
        failCommit = false
        throw new Error('disk I/O error')
      }
      real.exec(sql)
    },
    prepare(sql) {
      if (loseAt === null || !sql.includes(loseAt)) return real.prepare(sql)
      loseAt = null
      real.exec('ROLLBACK')
      throw new Error('database or disk is full')
    },
  }
  const database = createSqliteDatabase(connection)
  return {
    database,
    failNextCommit() {
      failCommit = true
    },
    loseTransactionAt(sql) {
      loseAt = sql
    },
    async remove() {
      await database.close()
      rmSync(folder, { recursive: true })
    },
  }
}
