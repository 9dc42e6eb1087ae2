import { guardError } from '../database/failure.ts'
import type { SqlRow, Write } from '../ports/database.ts'
import { execute, type Migration, type MigrationContext } from './migration.ts'

/**
 * Runs statements of SQL: one text, several, or a generator that reads and decides. The rows that it changes get no new version and
 * no event. To change one field of all rows, use `change`.
 * @param name unique among the migrations of the app
 * @throws TypeError when a text has more than one statement
 */
export function sql(name: string, work: string | readonly string[] | Write<unknown>): Migration {
  if (name.trim() === '') throw new TypeError('A migration of SQL needs a name.')
  if (typeof work === 'function') {
    return { name, fingerprint: `sql ${name}: function`, run: (context) => runSteps(work, context) }
  }
  const statements = [work].flat()
  for (const each of statements) checkSingle(name, each)
  return {
    name,
    fingerprint: `sql ${name}: ${statements.map(withoutBlanks).join('; ')}`,
    async run({ db }) {
      for (const each of statements) await execute(db, each)
    },
  }
}

async function runSteps(write: Write<unknown>, { db }: MigrationContext): Promise<void> {
  const steps = write()
  for (let next = steps.next(); !next.done; ) {
    const results: (readonly SqlRow[])[] = []
    for (const { sql, parameters, guard } of next.value) {
      const rows = await execute(db, sql, parameters)
      if (guard && rows.length === 0) throw guardError(guard)
      results.push(rows)
    }
    next = steps.next(results)
  }
}

/** So that a formatter may indent the text anew. */
export function withoutBlanks(text: string): string {
  return text.trim().replace(/\s+/g, ' ')
}

/** An engine may run the first statement of a text alone. The body of a trigger has several. */
function checkSingle(name: string, text: string): void {
  const bare = text.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]/g, ' ')
  if (bare.trim() === '') throw new TypeError(`The migration "${name}" has an empty statement.`)
  if (/^\s*create\s+(temp\w*\s+)?trigger\b/i.test(bare) || !/;\s*\S/.test(bare)) return
  throw new TypeError(`The migration "${name}" has several statements in one text: give each in an array.`)
}
