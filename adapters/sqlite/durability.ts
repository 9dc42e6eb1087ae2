/**
 * Durability without blocking the event loop on the disk.
 *
 * With `synchronous=NORMAL` a COMMIT only appends its pages to the write-ahead log. Another thread then syncs the log,
 * and the writes resolve after that. Meanwhile readers see a snapshot from before the COMMIT, so nobody reads data that
 * a power cut could take back. The transaction of that snapshot stays open until the next one, because a read outside of a
 * transaction takes and releases locks each time. Checkpoints, which move the log into the database file, run on a worker thread with its
 * own connection, which syncs as SQLite does.
 */
import { closeSync, fdatasync, openSync, readSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'

/** The part of `DatabaseSync` that is used; tests put faults in between. */
export type Connection = Pick<DatabaseSync, 'exec' | 'prepare' | 'isTransaction' | 'close'>

export interface Durability {
  /** Pins what readers see, before a transaction. @throws when a log whose sync has failed still can't be saved */
  pinReaders(): void
  /** Resolves when all committed transactions are durable; from then on readers see them. */
  sync(): Promise<void>
  /** The connection that sees durable data only. */
  reader(): Connection
  /** Closes all connections. */
  close(): Promise<void>
}

/** A longer log is checkpointed, while writes continue. */
const checkpointFrames = 4000
/** A longer log (64 MiB) makes writes wait for its checkpoint, because SQLite restarts the log only when all of it is moved. */
const logFramesMax = 16_384

/** Positions in the log's index: the number of frames, and of those that were moved (sqlite.org/walformat.html). */
const framesPosition = 16
const movedPosition = 96

/** Durability of a connection that syncs at every COMMIT. */
export function syncedByCommit(connection: Connection): Durability {
  return {
    pinReaders() {},
    async sync() {},
    reader: () => connection,
    async close() {
      closeConnection(connection)
    },
  }
}

/** Durability of a database file in WAL mode, synced in the background. Sets the connection up for that. */
export function syncedInBackground(connection: Connection, path: string): Durability {
  connection.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0')
  const snapshot = new DatabaseSync(path, { readOnly: true })
  snapshot.exec('PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16000')
  const touchSchema = snapshot.prepare('SELECT 1 FROM sqlite_schema')
  const files = createFiles(path)
  const checkpointer = createCheckpointer(path)
  let isLogBroken = false

  /** Lets readers see what is committed, as soon as one reads. */
  function releaseReaders(): void {
    if (snapshot.isTransaction) snapshot.exec('COMMIT')
  }

  /** Has readers see what is committed now, until they are released. */
  function pinReaders(): void {
    if (snapshot.isTransaction) return
    snapshot.exec('BEGIN')
    try {
      touchSchema.get()
    } catch (error) {
      releaseReaders()
      throw error
    }
  }

  /** After a failed sync the disk may have any part of the log, so all of it is checkpointed, and the log is truncated. */
  function saveLog(): void {
    releaseReaders()
    connection.exec('PRAGMA synchronous = FULL')
    try {
      const [result] = connection.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
      if (result?.busy !== 0) throw new Error('disk I/O error: the log is in use')
      isLogBroken = false
    } finally {
      connection.exec('PRAGMA synchronous = NORMAL')
    }
  }

  /** Checkpoints on this thread, where a worker can't be started. */
  function checkpointHere(): void {
    try {
      connection.exec('PRAGMA wal_checkpoint(PASSIVE)')
    } catch {
      // Tried again after the next transaction; the log keeps everything meanwhile.
    }
  }

  async function checkpointIfDue(): Promise<void> {
    const { frames, moved } = files.log()
    if (frames >= logFramesMax) {
      await checkpointer.runWhole()
      if (files.log().moved < frames) checkpointHere()
      // A reader of the log would keep SQLite from restarting it.
      releaseReaders()
    } else if (frames - moved >= checkpointFrames) void checkpointer.run()
  }

  return {
    pinReaders() {
      if (isLogBroken) saveLog()
      pinReaders()
    },
    async sync() {
      try {
        await files.syncLog()
      } catch (error) {
        isLogBroken = true
        throw error
      } finally {
        releaseReaders()
      }
      await checkpointIfDue()
    },
    reader() {
      pinReaders()
      return snapshot
    },
    async close() {
      await checkpointer.close()
      releaseReaders()
      snapshot.close()
      closeConnection(connection)
      files.close()
    },
  }
}

function closeConnection(connection: Connection): void {
  try {
    connection.exec('PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)')
  } catch {
    // A full disk, for example. The log keeps everything and is read at the next start.
  }
  connection.close()
}

/**
 * The log and its index as plain files. They are opened once they exist and closed after every connection: closing
 * them earlier would drop SQLite's locks, which belong to the process.
 */
function createFiles(path: string) {
  let files: { log: number; index: number } | null = null
  const word = new Uint32Array(1)
  const open = () => {
    files ??= { log: openSync(`${path}-wal`, 'r'), index: openSync(`${path}-shm`, 'r') }
    return files
  }
  const wordAt = (position: number): number => {
    readSync(open().index, word, 0, word.byteLength, position)
    return word[0] ?? 0
  }
  return {
    syncLog: () =>
      new Promise<void>((resolve, reject) => {
        fdatasync(open().log, (error) => (error ? reject(new Error(`disk I/O error: ${error.message}`)) : resolve()))
      }),
    log: () => ({ frames: wordAt(framesPosition), moved: wordAt(movedPosition) }),
    close() {
      if (files) for (const descriptor of Object.values(files)) closeSync(descriptor)
    },
  }
}

/** As text, because bundlers don't find a separate file, nor may Deno's permissions read it. */
const workerCode = `
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
const database = new DatabaseSync(workerData)
database.exec('PRAGMA synchronous = FULL')
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
parentPort.on('message', (message) => {
  try {
    if (message === 'close') database.close()
    else checkpoint.all()
  } catch {
    // Tried again when it is due again; the log keeps everything meanwhile.
  }
  parentPort.postMessage('done')
})
`

/** Runs checkpoints on a worker thread, one at a time; the thread starts with the first. */
function createCheckpointer(path: string) {
  let worker: Worker | null = null
  let running: PromiseWithResolvers<void> | null = null

  function finish(): void {
    worker?.unref()
    running?.resolve()
    running = null
  }

  /** A thread that fails leaves the log as it is; the next checkpoint starts another thread. */
  function startWorker(): Worker {
    const started = new Worker(new URL(`data:text/javascript,${encodeURIComponent(workerCode)}`), { workerData: path })
    started.on('message', finish)
    started.on('error', () => {})
    started.on('exit', () => {
      worker = null
      finish()
    })
    return started
  }

  function send(message: 'run' | 'close'): Promise<void> {
    if (running) return running.promise
    running = Promise.withResolvers<void>()
    const { promise } = running
    worker ??= startWorker()
    worker.ref()
    worker.postMessage(message)
    return promise
  }

  const run = () => send('run')

  return {
    run,
    /** Runs a checkpoint that begins now, while no transaction is open. */
    async runWhole(): Promise<void> {
      await running?.promise
      await run()
    },
    async close(): Promise<void> {
      await running?.promise
      if (!worker) return
      await send('close')
      await worker.terminate()
    },
  }
}
