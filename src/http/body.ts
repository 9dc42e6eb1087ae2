import { AppError } from '../errors.ts'
import type { BoundBody, Context, RequestContext } from '../request/context.ts'
import { freeBytes } from './held-bodies.ts'
import { documentDepthMax, parseJson } from './json.ts'

/** Enough for a long text; files are uploaded by other routes. */
export const bodyBytesMax = 1024 * 1024
/** A body that is read whole must arrive within this time, also when it trickles. */
const bodyTimeoutMs = 5000
/** A body of more chunks than `chunksMin` must have this many bytes in each on average: a chunk costs as much as a small request. */
const chunksMin = 1024
const chunkBytesMin = 64
const bufferBytes = 16 * 1024

/**
 * Reads the request's body as strict JSON, whatever content type it claims.
 * @throws AppError `malformed_json`, `body_too_large`, `request_timeout`, `unsupported_encoding`
 */
export async function readJson(c: Context): Promise<unknown> {
  const text = decode(await readBytes(c.req.raw, c.env))
  c.env.bodyText = text
  return parseJson(text, { depthMax: documentDepthMax })
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decode(bytes: Uint8Array | ArrayBuffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new AppError('malformed_json', 'The body is not valid UTF-8.')
  }
}

/** @throws AppError `unsupported_encoding` for a compressed body */
export function refuseEncoding({ headers }: Request): void {
  const encoding = headers.get('content-encoding')
  if (encoding === null || encoding.toLowerCase() === 'identity') return
  throw new AppError('unsupported_encoding', undefined, { headers: { 'Accept-Encoding': 'identity' } })
}

async function readBytes(request: Request, { bodies, peer }: RequestContext): Promise<Uint8Array | ArrayBuffer> {
  refuseEncoding(request)
  const length = request.headers.get('content-length')
  if (length !== null && Number(length) > bodyBytesMax) throw tooLarge()
  if (length !== null && Number(length) <= freeBytes && /^\d+$/.test(length)) return await inTime(request.arrayBuffer())
  if (request.body === null) return new Uint8Array()
  const bound = bodies?.begin(peer) ?? null
  try {
    if (length === null || !/^\d+$/.test(length)) return await readStream(request.body, bound)
    bound?.hold(Number(length))
    return await inTime(request.arrayBuffer(), bound)
  } finally {
    bound?.release()
  }
}

function tooLarge(): AppError {
  return new AppError('body_too_large', `The body may be ${bodyBytesMax} bytes at most.`)
}

async function readStream(body: ReadableStream<Uint8Array>, bound: BoundBody | null): Promise<Uint8Array> {
  const reader = body.getReader()
  try {
    return await inTime(readAll(reader, bound), bound)
  } finally {
    // Not awaited: a client that never ends its body would hold this up.
    reader.cancel().catch(() => {})
  }
}

/**
 * Copies each chunk at once, because a runtime may deliver one byte as a view of 64 KiB. Reads the clock too, because
 * chunks that arrive fast enough let no timer fire.
 */
async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>, bound: BoundBody | null): Promise<Uint8Array> {
  const deadline = performance.now() + bodyTimeoutMs
  let buffer = new Uint8Array(bufferBytes)
  let size = 0
  for (let chunks = 1; ; chunks += 1) {
    const { done, value } = await reader.read()
    if (done) return buffer.subarray(0, size)
    const end = size + value.byteLength
    if (end > bodyBytesMax) throw tooLarge()
    if (chunks > chunksMin && end < chunks * chunkBytesMin) throw tooFine()
    if (performance.now() > deadline) throw tooLate()
    bound?.hold(end)
    if (end > buffer.byteLength) buffer = grown(buffer, end)
    buffer.set(value, size)
    size = end
  }
}

function grown(buffer: Uint8Array, bytes: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(bytes, buffer.byteLength * 2))
  larger.set(buffer)
  return larger
}

function tooFine(): AppError {
  return new AppError('bad_request', 'The body has far too many chunks.', { headers: { Connection: 'close' } })
}

function tooLate(): AppError {
  return new AppError('request_timeout', undefined, { headers: { Connection: 'close' } })
}

async function inTime<T>(reading: Promise<T>, bound: BoundBody | null = null): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate()), bodyTimeoutMs)
  })
  try {
    return await Promise.race(bound === null ? [reading, late] : [reading, late, bound.refused])
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('bad_request', 'The request body ended early.', { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
