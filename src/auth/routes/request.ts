/** What a request to the routes of accounts must bring. */
import { z } from '@hono/zod-openapi'
import { decodeCursor } from '../../database/cursor.ts'
import { AppError, type ErrorDetail, invalidFields } from '../../errors.ts'
import { readJson } from '../../http/body.ts'
import { validate } from '../../http/validation.ts'
import { clientNetworkOf } from '../../request/client-network.ts'
import type { Context } from '../../request/context.ts'
import { adminRole, type Identity } from '../../request/identity.ts'
import { hasScope, refusal } from '../../request/refusal.ts'

/** Whatever these routes answer is for one person, now. */
export const unstored = { 'Cache-Control': 'no-store' } as const

/** The body, validated. @throws AppError `validation_failed` and what `readJson` throws */
export async function readBody<S extends z.ZodObject>(c: Context, schema: S): Promise<z.output<S>> {
  return validate(schema, await readJson(c)) as z.output<S>
}

/**
 * For bodies and answers that hold secrets, which must not lie in the table of stored answers.
 * @throws AppError `bad_request`
 */
export function refuseKey(c: Context): void {
  if (!c.req.raw.headers.has('idempotency-key')) return
  throw new AppError('bad_request', 'This takes no Idempotency-Key, because secrets are not stored to be replayed.')
}

/** Where the request comes from, as far as limits care. */
export function clientNetworkIn({ env }: Context): string {
  return clientNetworkOf(env.peer?.address ?? null)
}

/** Who is asking. @throws AppError `unauthorized` */
export function identityOf({ env }: Context): Identity {
  if (env.identity === null) throw refusal(null)
  return env.identity
}

/** A person's session. @throws AppError `unauthorized`, or `forbidden` for an API key, which can't change who may come in */
export function sessionOf(c: Context): Identity {
  const identity = identityOf(c)
  if (identity.credential === 'session') return identity
  throw new AppError('forbidden', 'An API key may not do this. Sign in.')
}

/** An administrator, or a key of one with the scope `admin:read` or `admin:write`. @throws AppError `unauthorized` or `forbidden` */
export function adminOf(c: Context): Identity {
  const identity = identityOf(c)
  const use = c.req.method === 'GET' ? 'read' : 'write'
  if (identity.role === adminRole && hasScope(identity, 'admin', use)) return identity
  throw new AppError('forbidden', 'This is for administrators.')
}

const pageMax = 1000
const pageDefault = 50

/** The parameters of all lists here, in which a page goes on after an id. */
export const pageParameters = {
  limit: z.coerce.number().int().min(1).max(pageMax).default(pageDefault),
  cursor: z.string().optional().openapi({ description: 'The `next` of the page before.' }),
}

export interface Page {
  limit: number
  /** The id after which the page begins; null for the first. */
  after: string | null
}

/** The query, validated; `sort` names the list to which its cursors belong. @throws AppError `validation_failed` */
export function readQuery<S extends z.ZodObject>(c: Context, schema: S, sort: string): Page & z.output<S> {
  const query = new URL(c.req.raw.url).searchParams
  const repeated = [...new Set(query.keys())].filter((name) => query.getAll(name).length > 1)
  if (repeated.length > 0) throw invalidFields(repeated.map(twice))
  const given = validate(schema, Object.fromEntries(query)) as z.output<S> & { limit: number; cursor?: string }
  const after = given.cursor === undefined ? null : String(decodeCursor(given.cursor, sort, 1)[0])
  return { ...given, after }
}

function twice(field: string): ErrorDetail {
  return { field, code: 'repeated', message: 'stands twice' }
}
