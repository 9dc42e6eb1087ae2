import { chmodSync, closeSync, openSync, statSync } from 'node:fs'

/** The file mode that lets this user alone read and write. */
const ownerOnly = 0o600
/** The permission bits of everybody else. */
const others = 0o077

/**
 * Creates a file for this user alone where there is none, whatever the mode of its folder and the umask are. SQLite
 * gives the files beside a database, its log and journal, the mode of the database.
 */
export function createPrivateFile(path: string): void {
  closeSync(openSync(path, 'a', ownerOnly))
}

/** Takes a database file and those beside it from all other users, where the file system has modes. */
export function restrictDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) restrict(path + suffix)
}

function restrict(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined || (stat.mode & others) === 0) return
  try {
    chmodSync(path, ownerOnly)
  } catch (error) {
    // The file of another user, who has let this one in.
    if ((error as { code?: string }).code !== 'EPERM') throw error
  }
}
