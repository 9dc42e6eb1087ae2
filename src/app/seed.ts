/** Rows that an app begins with. */
import type { Fields } from '../collections/field.ts'
import type { As, Declared } from '../collections/local-client.ts'
import type { CreateOf, RowOf } from '../collections/row-types.ts'
import { AppError, StartError } from '../errors.ts'
import type { Steps } from '../ports/database.ts'

export interface SeedContext {
  /** Acts on somebody's behalf, with rules and hooks. */
  as: As
  /**
   * Creates a row, or changes the given fields that differ, so that a repeat changes nothing. The id of the row follows from its name,
   * which is unique in the collection. Returns the row.
   */
  put<F extends Fields>(collection: Declared<F>, name: string, body: CreateOf<F>): Promise<RowOf<F>>
}

/** Fills a database; it may run many times. */
export type Seed = (context: SeedContext) => Promise<void> | void

/** The rows that `put` was called for. */
export interface Seeded {
  created: number
  updated: number
  unchanged: number
}

/** Makes the function that runs a seed. */
export function createSeed(seed: Seed | undefined, as: As): () => Promise<Seeded> {
  return async () => {
    if (seed === undefined)
      throw new StartError('The app has no seed: give one to createApp, as in { seed: ({ put }) => … }.')
    const seeded: Seeded = { created: 0, updated: 0, unchanged: 0 }
    await seed({
      as,
      async put(collection, name, body) {
        const id = await idOf(collection.name, name)
        const { row, outcome } = await put(as, collection, id, body).catch((cause: unknown) => {
          throw named(cause, `${collection.name} "${name}"`)
        })
        seeded[outcome] += 1
        return row
      },
    })
    return seeded
  }
}

/** The same error, whose message begins with the row. */
function named(error: unknown, row: string): unknown {
  if (!(error instanceof AppError)) return error
  return new AppError(error.code, `${row}: ${error.message}`, { details: error.details, cause: error })
}

interface Put<F extends Fields> {
  row: RowOf<F>
  outcome: keyof Seeded
}

function put<F extends Fields>(as: As, declared: Declared<F>, id: string, body: CreateOf<F>): Promise<Put<F>> {
  return as('system').transaction(function* ({ collection }): Steps<Put<F>> {
    const rows = collection(declared)
    const stored = yield* orNull(rows.get(id))
    if (stored === null) return { row: yield* rows.create(body, id), outcome: 'created' }
    const changes = Object.fromEntries(
      Object.entries(body).filter(([name, value]) => isDifferent(value, (stored as Record<string, unknown>)[name])),
    )
    if (Object.keys(changes).length === 0) return { row: stored, outcome: 'unchanged' }
    return { row: yield* rows.update(id, changes as never), outcome: 'updated' }
  })
}

function isDifferent(given: unknown, stored: unknown): boolean {
  return given !== undefined && JSON.stringify(given) !== JSON.stringify(stored)
}

function* orNull<T>(steps: Steps<T>): Steps<T | null> {
  try {
    return yield* steps
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null
    throw error
  }
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const idLength = 26

async function idOf(collection: string, name: string): Promise<string> {
  const text = new TextEncoder().encode(`${collection} ${name}`)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  return Array.from(digest.subarray(0, idLength), (byte) => alphabet.charAt(byte & 31)).join('')
}
