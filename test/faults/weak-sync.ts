/**
 * Weakens how SQLite syncs, to see whether a test notices. Loaded before a server by `--import`;
 * FAULT_SYNCHRONOUS is the level (sqlite.org/pragma.html#pragma_synchronous).
 */
import { DatabaseSync } from 'node:sqlite'

const { exec } = DatabaseSync.prototype

DatabaseSync.prototype.exec = function weakened(sql) {
  exec.call(this, sql.replace(/synchronous = \w+/, `synchronous = ${process.env.FAULT_SYNCHRONOUS}`))
}
