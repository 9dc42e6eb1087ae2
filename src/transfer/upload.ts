/** The body of an import: read as it is wanted, and held in memory no longer than a row needs. */
import { AppError } from '../errors.ts'
import { bodyBytesMax } from '../http/body.ts'
import type { BoundBody } from '../request/context.ts'
import type { FileRow, RowReader } from './formats.ts'

/** A client that sends nothing for this long has gone. */
const idleTimeoutMs = 30_000
/** A body of more chunks than `chunksMin` must have this many bytes in each on average: a chunk costs as much as a small request. */
const chunksMin = 4096
const chunkBytesMin = 64
/** Characters of one row. */
export const rowLengthMax = bodyBytesMax

export interface UploadOptions {
  bound: BoundBody | null
  /** Aborted when the server stops. */
  draining: AbortSignal
}

/**
 * Yields the rows of each chunk.
 * @throws AppError `draining`, `request_timeout`, `body_too_large` for a row that is too long, `bad_request`, and what the reader throws
 */
export async function* readRows(
  body: ReadableStream<Uint8Array>,
  reader: RowReader,
  { bound, draining }: UploadOptions,
): AsyncGenerator<readonly FileRow[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const buffer = new TextBuffer()
  for await (const bytes of chunksOf(body, { bound, draining })) {
    const text = decode(decoder, bytes)
    if (!buffer.push(text)) continue
    const { rows, rest } = reader.read(buffer.take(), false)
    if (rows.length > 0) yield rows
    if (rest.length > rowLengthMax)
      throw new AppError('body_too_large', `A row may have ${rowLengthMax} characters at most.`)
    buffer.keep(rest)
    bound?.hold(rest.length)
  }
  const { rows } = reader.read(buffer.take() + decode(decoder), true)
  if (rows.length > 0) yield rows
}

function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined })
  } catch {
    throw new AppError('bad_request', 'The body is not valid UTF-8.')
  }
}

/** Text that is read again once it has doubled, so that a long row in small chunks is not scanned with each of them. */
class TextBuffer {
  #parts: string[] = []
  #length = 0
  #enough = 0

  /** Returns whether the text should be read. */
  push(text: string): boolean {
    this.#parts.push(text)
    this.#length += text.length
    return this.#length >= this.#enough
  }

  take(): string {
    const text = this.#parts.join('')
    this.#parts = []
    this.#length = 0
    return text
  }

  keep(rest: string): void {
    this.#parts = [rest]
    this.#length = rest.length
    this.#enough = Math.min(rest.length * 2, rowLengthMax + 1)
  }
}

async function* chunksOf(
  body: ReadableStream<Uint8Array>,
  { bound, draining }: UploadOptions,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  let failure: AppError | null = null
  const fail = (reason: AppError) => {
    failure ??= reason
    reader.cancel().catch(() => {})
  }
  // Noted once, because each race with a promise that never settles would keep memory.
  bound?.refused.catch(fail)
  const stop = () => fail(new AppError('draining'))
  draining.addEventListener('abort', stop)
  if (draining.aborted) stop()
  try {
    let bytes = 0
    for (let chunks = 1; ; chunks += 1) {
      const timer = setTimeout(() => fail(new AppError('request_timeout')), idleTimeoutMs)
      const { done, value } = await reader.read().finally(() => clearTimeout(timer))
      if (failure !== null) throw failure
      if (done) return
      bytes += value.byteLength
      if (chunks > chunksMin && bytes < chunks * chunkBytesMin)
        throw new AppError('bad_request', 'The body has far too many chunks.')
      yield value
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('bad_request', 'The body ended early.', { cause: error })
  } finally {
    draining.removeEventListener('abort', stop)
    bound?.release()
    // Not awaited: a client that never ends its body would hold this up.
    reader.cancel().catch(() => {})
  }
}
