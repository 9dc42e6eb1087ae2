import { Hono } from 'hono'
import { AppError } from '../errors.ts'
import type { Database } from '../ports/database.ts'
import type { Env } from '../request/context.ts'
import { replyWith } from './reply.ts'

const uncached = { 'Cache-Control': 'no-store' }

/** `GET /health/live`, and `/health/ready`, which fails while the database does and once the server drains. */
export class Health {
  readonly routes: Hono<Env>
  #isDraining = false

  constructor(database: Database) {
    this.routes = new Hono<Env>()
      .get('/live', (c) => replyWith(c, { status: 200, data: { live: true }, headers: uncached }))
      .get('/ready', async (c) => {
        if (this.#isDraining) throw new AppError('draining', undefined, { headers: uncached })
        await database.check()
        return replyWith(c, { status: 200, data: { ready: true }, headers: uncached })
      })
  }

  drain(): void {
    this.#isDraining = true
  }
}
