/**
 * Takes away one kind of sync, to see whether a test notices. Loaded before a server by `--import`;
 * FAULT_SYNC selects which: that of the log after a COMMIT, or those that SQLite makes itself.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync } from 'node:sqlite'

if (process.env.FAULT_SYNC === 'log') {
  fs.fdatasync = Object.assign((_: number, done: () => void) => setImmediate(done), fs.fdatasync)
  syncBuiltinESMExports()
} else {
  const { exec } = DatabaseSync.prototype
  DatabaseSync.prototype.exec = function weakened(sql) {
    exec.call(this, sql.replace(/synchronous = \w+/g, 'synchronous = OFF'))
  }
}
