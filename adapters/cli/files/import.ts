/** `galley import COLLECTION FILE`: sends a file to a running server. */
import { createHash } from 'node:crypto'
import { createReadStream, openAsBlob } from 'node:fs'
import process from 'node:process'
import { type Api, apiOf, apiOptions, ConnectionError, repeat, send } from '../api.ts'
import { type Command, UsageError } from '../command.ts'
import { parseArguments } from '../parse.ts'
import { linesOf } from './lines.ts'
import { createProgress } from './progress.ts'

const options = {
  ...apiOptions,
  format: { type: 'string' },
  'on-conflict': { type: 'string', default: 'fail' },
  by: { type: 'string', default: 'id' },
  'dry-run': { type: 'boolean', default: false },
} as const

/** A line of the response: the error of a row, or the progress. */
interface Line {
  line: number
  code?: string
  message?: string
  created: number
  updated: number
  skipped: number
  failed: number
  done?: boolean
}

export const importCommand: Command = {
  name: 'import',
  usage:
    'COLLECTION FILE [--url URL] [--key KEY] [--format ndjson|csv] [--on-conflict fail|skip|update] [--by FIELD] [--dry-run]',
  summary:
    'Send the rows of a file to a running server. A repeat goes on where it broke off, and stores each row once.',
  async run(args) {
    const { values, positionals } = parseArguments(args, options, ['the name of a collection', 'a file'])
    const [collection = '', file = ''] = positionals
    const format = values.format ?? (file.endsWith('.csv') ? 'csv' : 'ndjson')
    const query = new URLSearchParams({
      format,
      onConflict: values['on-conflict'],
      by: values.by,
      dryRun: String(values['dry-run']),
    })
    const path = `/api/${encodeURIComponent(collection)}/import?${query}`
    const key = await digestOf(file, path)
    const last = { line: 0 }
    const before = { line: 0 }
    const end = await repeat(
      () => importFile(apiOf(values), { path, file, key }, last),
      () => {
        const wentOn = last.line > before.line
        before.line = last.line
        return wentOn
      },
    )
    const { created, updated, skipped, failed, done } = end
    process.stderr.write(`${created} created, ${updated} updated, ${skipped} skipped, ${failed} refused\n`)
    return done === true && failed === 0 ? 0 : 1
  },
}

interface Import {
  path: string
  file: string
  key: string
}

async function importFile(api: Api, { path, file, key }: Import, last: { line: number }): Promise<Line> {
  const progress = createProgress()
  const init = {
    method: 'POST',
    body: (await openAsBlob(file)).stream(),
    headers: { 'Idempotency-Key': key },
    duplex: 'half',
  } as const
  for await (const text of linesOf(await send(api, path, init))) {
    const line = JSON.parse(text) as Line
    last.line = line.line
    if (line.code !== undefined) progress.line(`line ${line.line}: ${line.code}: ${line.message}`)
    if (line.done !== undefined) return endOf(line)
    if (line.code === undefined) progress.show(`${line.created + line.updated + line.skipped} rows`)
  }
  throw new ConnectionError('The connection broke.')
}

/** A body that ended early is a broken connection, which the server noticed first. */
function endOf(line: Line): Line {
  const isCut = line.code === 'draining' || line.code === 'request_timeout' || line.message === 'The body ended early.'
  const isStillRunning = line.code === 'idempotency_key_reused' && line.message?.includes('another request') === true
  if (isCut || isStillRunning) throw new ConnectionError(line.message ?? '')
  return line
}

/** The same file has the same key for the same purpose, so that a repeat of the command goes on. */
async function digestOf(file: string, path: string): Promise<string> {
  const hash = createHash('sha256').update(path)
  try {
    for await (const bytes of createReadStream(file)) hash.update(bytes as Uint8Array)
  } catch (error) {
    throw new UsageError(`${file} can't be read: ${(error as Error).message}`)
  }
  return `file ${hash.digest('hex')}`
}
