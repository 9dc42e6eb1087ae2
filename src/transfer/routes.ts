/** `GET /api/NAME/export` and `POST /api/NAME/import`: whole files, as streams. */
import type { AnyCollection } from '../collections/declaration.ts'
import type { Fields } from '../collections/field.ts'
import type { Operations } from '../collections/operations.ts'
import { AppError, invalidField } from '../errors.ts'
import { refuseEncoding } from '../http/body.ts'
import { dataHeaders } from '../http/secure-headers.ts'
import { ValidatedRoutes } from '../http/validated-routes.ts'
import type { Database } from '../ports/database.ts'
import { clientNetworksOf } from '../request/client-network.ts'
import type { Context } from '../request/context.ts'
import type { Identity } from '../request/identity.ts'
import { type ExportedPage, exportPages } from './export.ts'
import { type FormatName, formats } from './formats.ts'
import { importLines } from './import-lines.ts'
import { conflictChoices, type OnConflict } from './import-row.ts'
import { Importer } from './importer.ts'
import { declareTransferRoutes } from './route-declarations.ts'
import { streamOf } from './stream.ts'

interface TransferOptions {
  // biome-ignore lint/suspicious/noExplicitAny: operations on rows of any fields.
  operations: Operations<any>
  database: Database
  /** Milliseconds since 1970. */
  now(): number
  /** @throws AppError `unauthorized` for an identity whose credential was revoked or has expired */
  requireValid(who: Identity | null): void
  /** Aborted when the server stops. */
  draining: AbortSignal
}

/** The rows of an export that cost one rate limit unit: each takes some 4 µs. */
const exportedRowsOfUnit = 12
/** A unit is 50 µs, for pages whose rows must be looked for. */
const unitsPerMs = 20

/** The routes for files of a collection, relative to `/api/NAME`. */
export function createTransferRoutes(collection: AnyCollection, options: TransferOptions) {
  const { operations, database, now, requireValid, draining } = options
  const routes = declareTransferRoutes(collection)

  async function exportRows(c: Context): Promise<Response> {
    requireHttp(c)
    const { identity, payments } = c.env
    operations.permit('read', identity)
    const parameters = parametersOf(c)
    const name = formatOf(parameters.get('format') ?? 'ndjson')
    const format = formats[name]
    const pages = exportPages({ collection, operations, who: identity, parameters, format })
    const first = await pages.next()
    // At once, because a client may never read it, as with HEAD.
    if (!first.done) c.env.extraUnits += unitsOf(first.value)

    async function* texts(cancelled: AbortSignal): AsyncGenerator<string> {
      for (let page = first; !page.done; page = await pages.next()) {
        const { text } = page.value
        if (page !== first) await payments?.pay(c.env, unitsOf(page.value), cancelled)
        if (text !== '') yield text
        requireValid(identity)
        if (draining.aborted) throw new AppError('draining')
      }
    }
    const disposition = { 'Content-Disposition': `attachment; filename="${collection.name}.${name}"` }
    return streamResponse(c, texts, { 'Content-Type': format.type, ...disposition })
  }

  async function importRows(c: Context): Promise<Response> {
    requireHttp(c)
    const { identity } = c.env
    operations.permit('create', identity)
    refuseEncoding(c.req.raw)
    const { format, onConflict, by, isDryRun } = parseOptions(c, collection)
    if (onConflict === 'update') operations.permit('update', identity)
    const key = keyOf(c)
    const importer = new Importer({
      collection,
      operations,
      database,
      who: identity,
      onConflict,
      by,
      isDryRun,
      name: key === null || isDryRun ? null : { owner: ownerOf(c), key },
      requireValid: () => requireValid(identity),
    })
    requireValid(identity)
    await importer.begin(JSON.stringify([collection.name, format, onConflict, by]), now())
    const reader = formats[format].reader(collection)
    const lines = (cancelled: AbortSignal) =>
      importLines({ importer, reader, request: c.req.raw, context: c.env, cancelled, draining })
    return streamResponse(c, lines, { 'Content-Type': formats.ndjson.type })
  }

  return new ValidatedRoutes().add(routes.export, exportRows).add(routes.import, importRows)
}

function unitsOf({ rows, ms, isScan }: ExportedPage): number {
  return Math.max(rows / exportedRowsOfUnit, isScan ? ms * unitsPerMs : 0)
}

function streamResponse(
  c: Context,
  texts: (cancelled: AbortSignal) => AsyncGenerator<string>,
  headers: Readonly<Record<string, string>>,
): Response {
  return new Response(streamOf(texts), {
    headers: { ...dataHeaders, ...headers, 'Cache-Control': 'no-store', 'X-Request-Id': c.env.requestId },
  })
}

/** A message carries a whole body and a whole response. */
function requireHttp(c: Context): void {
  if (c.env.isMessage) throw new AppError('not_acceptable', 'Imports and exports are streams: request them over HTTP.')
}

function parametersOf({ req }: Context): URLSearchParams {
  return new URL(req.url, 'http://localhost').searchParams
}

function formatOf(text: string): FormatName {
  if (Object.hasOwn(formats, text)) return text as FormatName
  throw invalidField('format', 'invalid_value', 'must be ndjson or csv')
}

const importParameters = new Set(['format', 'onConflict', 'by', 'dryRun'])

interface ImportParameters {
  format: FormatName
  onConflict: OnConflict
  by: string
  isDryRun: boolean
}

function parseOptions(c: Context, collection: AnyCollection): ImportParameters {
  const parameters = parametersOf(c)
  const unknown = [...parameters.keys()].find((name) => !importParameters.has(name))
  if (unknown !== undefined)
    throw invalidField(unknown.slice(0, 100), 'unknown_parameter', 'there is no such parameter')
  const isCsv = c.req.header('content-type')?.startsWith('text/csv') === true
  const onConflict = parameters.get('onConflict') ?? 'fail'
  const dryRun = parameters.get('dryRun') ?? 'false'
  const by = parameters.get('by') ?? 'id'
  if (!(conflictChoices as readonly string[]).includes(onConflict))
    throw invalidField('onConflict', 'invalid_value', `must be one of ${conflictChoices.join(', ')}`)
  if (dryRun !== 'true' && dryRun !== 'false') throw invalidField('dryRun', 'invalid_value', 'must be true or false')
  if (by !== 'id' && !isUnique(collection, by))
    throw invalidField('by', 'invalid_value', 'must be id or a unique field')
  return {
    format: formatOf(parameters.get('format') ?? (isCsv ? 'csv' : 'ndjson')),
    onConflict: onConflict as OnConflict,
    by,
    isDryRun: dryRun === 'true',
  }
}

function isUnique({ fields }: AnyCollection, name: string): boolean {
  return Object.hasOwn(fields, name) && (fields as Fields)[name]?.column.unique === true
}

const keyPattern = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/

function keyOf(c: Context): string | null {
  const key = c.req.raw.headers.get('idempotency-key')
  if (key === null || keyPattern.test(key)) return key
  throw new AppError('bad_request', 'Idempotency-Key must have 1 to 255 printable ASCII characters.')
}

/** Anonymous clients cannot be told apart but by their network. */
function ownerOf({ env }: Context): string {
  if (env.identity !== null) return env.identity.userId
  return `${env.principal} ${clientNetworksOf(env.peer?.address ?? null)[0] ?? ''}`
}
