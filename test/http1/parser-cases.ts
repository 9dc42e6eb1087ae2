/** All cases of the parser, by what they are about. */
import { chunkedBodies } from './parser-cases/chunked-bodies.ts'
import { connections } from './parser-cases/connections.ts'
import { fieldCases } from './parser-cases/fields.ts'
import { framings } from './parser-cases/framings.ts'
import { hosts } from './parser-cases/hosts.ts'
import { limitCases } from './parser-cases/limit-cases.ts'
import type { ParserCase } from './parser-cases/parser-case.ts'
import { requestLines } from './parser-cases/request-lines.ts'
import { targets } from './parser-cases/targets.ts'

export const parserCases: Readonly<Record<string, readonly ParserCase[]>> = {
  'request line': requestLines,
  'request target': targets,
  Host: hosts,
  fields: fieldCases,
  framing: framings,
  'chunked body': chunkedBodies,
  connection: connections,
  limits: limitCases,
}
