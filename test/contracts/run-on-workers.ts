/** A Worker that runs the database contract inside a Durable Object: `GET /INDEX` runs one case. */
import { createObjectDatabase, type ObjectStorage } from '../../adapters/durable-object/database.ts'
import { databaseCases } from './database.ts'
import type { Subject } from './subject.ts'

interface Env {
  CONTRACT: { getByName(name: string): { fetch(request: Request): Promise<Response> } }
}

export class Contract {
  #storage: ObjectStorage

  constructor(state: { storage: ObjectStorage }) {
    this.#storage = state.storage
  }

  async fetch(request: Request): Promise<Response> {
    const found = databaseCases[Number(new URL(request.url).pathname.slice(1))]
    try {
      await found?.run(createObjectSubject(this.#storage))
      return new Response('ok')
    } catch (error) {
      return new Response((error as Error).stack, { status: 500 })
    }
  }
}

function createObjectSubject(real: ObjectStorage): Subject {
  let failCommit = false
  let loseAt: string | null = null
  const storage: ObjectStorage = {
    transaction: (work) => real.transaction(work),
    transactionSync: (work) =>
      real.transactionSync(() => {
        const result = work()
        if (!failCommit) return result
        failCommit = false
        throw new Error('disk I/O error: SQLITE_IOERR')
      }),
    sql: {
      exec(sql, ...parameters) {
        if (loseAt === null || !sql.includes(loseAt)) return real.sql.exec(sql, ...parameters)
        loseAt = null
        throw new Error('database or disk is full: SQLITE_FULL')
      },
    },
  }
  return {
    database: createObjectDatabase(storage),
    failNextCommit() {
      failCommit = true
    },
    loseTransactionAt(sql) {
      loseAt = sql
    },
  }
}

export default {
  fetch: (request: Request, env: Env) => env.CONTRACT.getByName(request.url).fetch(request),
}
