/** The response to an import: a line of JSON for each row that is refused, one for the progress now and then, and one at the end. */
import { AppError } from '../errors.ts'
import { unitRows } from '../limits/costs.ts'
import type { RequestContext } from '../request/context.ts'
import type { FileRow, RowReader } from './formats.ts'
import type { Importer, RowError } from './importer.ts'
import { batchLengthMax, batchRowsMax } from './importer.ts'
import { readRows } from './upload.ts'

/** The rows of an import that cost one rate limit unit: each takes some 40 µs, and the client is charged for its bytes too. */
const importedRowsOfUnit = 2
/** Refused rows after which an import ends: the file is another one than the client thinks. */
export const refusedRowsMax = 1000
const progressEveryMs = 2000

interface ImportOptions {
  importer: Importer
  reader: RowReader
  request: Request
  context: RequestContext
  cancelled: AbortSignal
  /** Aborted when the server stops. */
  draining: AbortSignal
}

export async function* importLines(options: ImportOptions): AsyncGenerator<string> {
  const { importer } = options
  yield lineOf(counts(importer))
  let refused = 0
  let shownMs = performance.now()
  try {
    for await (const errors of storeAll(options)) {
      refused += errors.length
      for (const { line, error } of errors.slice(0, refusedRowsMax)) yield lineOf({ line, ...bodyOf(error) })
      if (refused >= refusedRowsMax)
        throw new AppError('validation_failed', `The import ends here, because ${refusedRowsMax} rows are refused.`)
      if (performance.now() - shownMs < progressEveryMs) continue
      yield lineOf(counts(importer))
      shownMs = performance.now()
    }
    await importer.finish()
    yield lineOf({ ...counts(importer), done: true })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    yield lineOf({ ...counts(importer), done: false, ...bodyOf(error) })
  }
}

/** Stores the rows of the body in batches, and yields the errors of each. */
async function* storeAll(options: ImportOptions): AsyncGenerator<RowError[]> {
  const { importer, reader, request, context, cancelled, draining } = options
  if (request.body === null) return
  const bound = context.bodies?.begin(context.peer) ?? null
  for await (const rows of readRows(request.body, reader, { bound, draining })) {
    for (const batch of batchesOf(rows)) {
      await context.payments?.pay(context, batch.length / importedRowsOfUnit, cancelled)
      if (cancelled.aborted) return
      const { listed, tried } = importer
      const errors = await importer.store(batch)
      const retried = Math.max(0, importer.tried - tried - batch.length)
      const units = (importer.listed - listed) / unitRows + retried / importedRowsOfUnit
      if (units > 0) await context.payments?.pay(context, units, cancelled)
      yield errors
    }
  }
}

function* batchesOf(rows: readonly FileRow[]): Generator<readonly FileRow[]> {
  let start = 0
  let length = 0
  for (const [index, { text }] of rows.entries()) {
    length += text.length
    if (index - start + 1 < batchRowsMax && length < batchLengthMax) continue
    yield rows.slice(start, index + 1)
    start = index + 1
    length = 0
  }
  if (start < rows.length) yield rows.slice(start)
}

function counts({ progress: { line, created, updated, skipped, failed } }: Importer): object {
  return { line, created, updated, skipped, failed }
}

function bodyOf({ code, message, details }: AppError): object {
  return { code, message, ...(details.length > 0 && { details }) }
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`
}
