import type { SqlValue, Statement } from '../../src/ports/database.ts'

/** Cloudflare's SQLite refuses more in one statement. */
const parametersMax = 100

/** A quoted text or name, in which a question mark is a character like others, or a parameter. */
const markPattern = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\?/g

/**
 * Returns a statement of more parameters than are taken as one that is: its texts become one parameter, a JSON array. Numbers stay
 * as they are, because SQLite reads few doubles from JSON with another last bit, unless they alone are too many.
 */
export function fitParameters(statement: Statement): Pick<Statement, 'sql' | 'parameters'> {
  const { sql, parameters } = statement
  if (parameters.length <= parametersMax) return statement
  const numbers = parameters.filter((value) => typeof value === 'number').length
  const packed: SqlValue[] = []
  const kept: SqlValue[] = []
  const marks = parameters.map((value) => {
    const isKept = typeof value === 'number' && numbers < parametersMax
    if (isKept) return `?${kept.push(value) + 1}`
    return `(?1 ->> ${packed.push(value) - 1})`
  })
  let index = 0
  const numbered = sql.replace(markPattern, (mark) => (mark === '?' ? (marks[index++] ?? mark) : mark))
  return { sql: numbered, parameters: [JSON.stringify(packed), ...kept] }
}
