/**
 * Durability without waiting for the disk on the one thread that there is.
 *
 * With `synchronous=NORMAL` a COMMIT only puts its pages into the write-ahead log. The log is then
 * synced by another thread, and its writes are answered after that. Readers meanwhile keep to a
 * snapshot from before the COMMIT, so nobody is told what a power cut could take back. Moving the log
 * into the database file (a checkpoint) is for a worker thread with a connection of its own, which
 * syncs as SQLite wants it.
 */
import { closeSync, fdatasync, openSync, readSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'

/** The part of `DatabaseSync` that is used; tests put faults in between. */
export type Connection = Pick<DatabaseSync, 'exec' | 'prepare' | 'isTransaction' | 'close'>

export interface Durability {
  /** Comes before a group of writes. @throws when what failed to be synced before still can't be saved */
  hold(): void
  /** Resolves when all that was committed is durable, from when on readers see it. */
  settle(): Promise<void>
  /** Sees what is durable, and nothing else. */
  reader(): Connection
  /** Closes all connections. */
  close(): Promise<void>
}

/** Beyond this the log is moved into the file, beside the writes. */
const checkpointFrames = 4000
/** Beyond this (64 MiB) writes wait for that, because SQLite begins the log anew only when nothing of it is left. */
const logFramesMax = 16_384

/** Where the log's index tells how many frames it has, and how many of them were moved (sqlite.org/walformat.html). */
const framesAt = 16
const movedAt = 96

/** For a connection that is durable by itself, at every COMMIT. */
export function syncedByCommit(connection: Connection): Durability {
  return {
    hold() {},
    async settle() {},
    reader: () => connection,
    async close() {
      closeConnection(connection)
    },
  }
}

/** For the connection to a database file in WAL mode, which it sets up for this. */
export function syncedBeside(connection: Connection, path: string): Durability {
  connection.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0')
  const snapshot = new DatabaseSync(path, { readOnly: true })
  const touch = snapshot.prepare('SELECT 1 FROM sqlite_schema')
  const files = createFiles(path)
  const checkpointer = createCheckpointer(path)
  let isHeld = false
  let isLogBroken = false

  function release(): void {
    isHeld = false
    if (snapshot.isTransaction) snapshot.exec('COMMIT')
  }

  /** After a failed sync nobody knows what of the log is on the disk, so all of it is written to the file and begun anew. */
  function saveLog(): void {
    connection.exec('PRAGMA synchronous = FULL')
    try {
      const [result] = connection.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
      if (result?.busy !== 0) throw new Error('disk I/O error: the log is in use')
      isLogBroken = false
    } finally {
      connection.exec('PRAGMA synchronous = NORMAL')
    }
  }

  /** Where there can be no worker. */
  function checkpointHere(): void {
    try {
      connection.exec('PRAGMA wal_checkpoint(PASSIVE)')
    } catch {
      // Tried again after the next group; the log keeps everything meanwhile.
    }
  }

  async function checkpointIfDue(): Promise<void> {
    const { frames, moved } = files.log()
    if (frames >= logFramesMax) {
      await checkpointer.runWhole()
      if (files.log().moved < frames) checkpointHere()
    } else if (frames - moved >= checkpointFrames) void checkpointer.run()
  }

  return {
    hold() {
      if (isLogBroken) saveLog()
      try {
        snapshot.exec('BEGIN')
        touch.get()
        isHeld = true
      } finally {
        if (!isHeld) release()
      }
    },
    async settle() {
      try {
        await files.syncLog()
      } catch (error) {
        isLogBroken = true
        throw error
      } finally {
        release()
      }
      await checkpointIfDue()
    },
    reader: () => (isHeld ? snapshot : connection),
    async close() {
      await checkpointer.close()
      release()
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
    // A full disk, say. The log holds all of it and is read at the next start.
  }
  connection.close()
}

/**
 * The log and its index as plain files. They are opened when they are there and closed after every
 * connection: closing a file earlier would drop the locks of SQLite, which belong to the process.
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
    log: () => ({ frames: wordAt(framesAt), moved: wordAt(movedAt) }),
    close() {
      if (files) for (const descriptor of Object.values(files)) closeSync(descriptor)
    },
  }
}

/** As text, because a file of its own would be found neither by bundlers nor under Deno's permissions. */
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

  /** A thread that fails leaves the log as it is; the next checkpoint starts another. */
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

  function ask(message: 'run' | 'close'): Promise<void> {
    if (running) return running.promise
    running = Promise.withResolvers<void>()
    const { promise } = running
    worker ??= startWorker()
    worker.ref()
    worker.postMessage(message)
    return promise
  }

  const run = () => ask('run')

  return {
    run,
    /** One that begins now, when nothing is being written. */
    async runWhole(): Promise<void> {
      await running?.promise
      await run()
    },
    async close(): Promise<void> {
      await running?.promise
      if (!worker) return
      await ask('close')
      await worker.terminate()
    },
  }
}
