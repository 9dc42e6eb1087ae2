import type { StatusCode } from 'hono/utils/http-status'
import { AppError } from '../errors.ts'
import type { Write } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import type { Context } from '../request/context.ts'
import type { Identity } from '../request/identity.ts'
import { createIdempotency } from './idempotency.ts'
import { type ApiResponse, replyWith, type SuccessReply } from './reply.ts'

/**
 * Makes the one write of a request and responds with its result. Everything that depends on stored rows belongs in the
 * write: a repeat with the same `Idempotency-Key` replays the stored response without running the write again.
 */
export type Commit = <Result, Data, const Status extends StatusCode>(
  c: Context,
  write: Write<Result>,
  respond: (result: Result) => ApiResponse<Data, Status>,
) => Promise<SuccessReply<Data, Status>>

/** @param isOver whether a credential was revoked or has expired since the request was admitted; the write then fails */
export function createCommit(
  { database, now }: Pick<Platform, 'database' | 'now'>,
  isOver: (identity: Identity) => boolean = () => false,
): Commit {
  const commitOnce = createIdempotency({ database, now })

  async function commit<Result>(
    c: Context,
    write: Write<Result>,
    respond: (result: Result) => ApiResponse,
  ): Promise<Response> {
    const { identity } = c.env
    const checked: Write<Result> = () => {
      if (identity !== null && isOver(identity)) throw new AppError('unauthorized')
      return write()
    }
    const key = c.req.raw.headers.get('idempotency-key')
    if (key === null) return replyWith(c, respond(await database.write(checked)))
    return commitOnce(c, key, function* () {
      return respond(yield* checked())
    })
  }
  return commit as Commit
}
