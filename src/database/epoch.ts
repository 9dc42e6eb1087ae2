import { type Kysely, sql } from 'kysely'
import type { Platform } from '../ports/platform.ts'

const epochBytes = 8

/**
 * Returns the epoch, which names one unbroken history of the data. It is renewed when the origin of the database changes:
 * after a restore, or when a file replaces another. Events of an older epoch may not exist in this history, so positions
 * of it are invalid.
 */
export async function renewEpoch(
  db: Kysely<unknown>,
  { database: { origin }, random }: Pick<Platform, 'database' | 'random'>,
): Promise<string> {
  const { rows } = await sql<{ epoch: string; origin: string }>`select epoch, origin from galley_epoch`.execute(db)
  if (rows[0]?.origin === origin) return rows[0].epoch
  const epoch = random(new Uint8Array(epochBytes)).toHex()
  await sql`delete from galley_epoch`.execute(db)
  await sql`insert into galley_epoch (epoch, origin) values (${epoch}, ${origin})`.execute(db)
  return epoch
}
