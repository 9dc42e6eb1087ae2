import type { Database, Statement } from '../ports/database.ts'
import { run } from './steps.ts'

/** Rows deleted by one write, so that other writes get their turn. */
const rowsMax = 1000

/** Runs a statement that deletes up to `limit` rows, and returns one for each, until none are left. */
export async function deleteInSteps(
  database: Pick<Database, 'write'>,
  deleteSome: (limit: number) => Statement,
): Promise<void> {
  for (let gone = rowsMax; gone === rowsMax; ) gone = (await database.write(() => run(deleteSome(rowsMax)))).length
}
