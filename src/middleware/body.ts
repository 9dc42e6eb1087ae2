import type { Context } from '../context.ts'
import { AppError } from '../errors.ts'
import { parseJson } from './json.ts'

/** Room for a long text with its envelope; files have their own way in. */
export const bodyBytesMax = 1024 * 1024
/** A body that is read whole must arrive within this time, however it drips. */
export const bodyTimeoutMs = 5000

/**
 * Reads the request's body as strict JSON, whatever content type it claims.
 * @throws AppError `malformed_json`, `body_too_large`, `request_timeout`, `unsupported_encoding`
 */
export async function readJson(c: Context): Promise<unknown> {
  const text = decode(await readBytes(c.req.raw))
  c.env.bodyText = text
  return parseJson(text)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decode(bytes: Uint8Array | ArrayBuffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new AppError('malformed_json', 'The body is not valid UTF-8.')
  }
}

async function readBytes(request: Request): Promise<Uint8Array | ArrayBuffer> {
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new AppError('unsupported_encoding', undefined, { headers: { 'Accept-Encoding': 'identity' } })
  }
  const length = request.headers.get('content-length')
  if (length !== null && Number(length) > bodyBytesMax) throw tooLarge()
  if (length !== null && /^\d+$/.test(length)) return await inTime(request.arrayBuffer())
  return request.body === null ? new Uint8Array() : await readStream(request.body)
}

function tooLarge(): AppError {
  return new AppError('body_too_large', `The body may be ${bodyBytesMax} bytes at most.`)
}

async function readStream(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = body.getReader()
  try {
    return await inTime(readAll(reader))
  } finally {
    // Not awaited: a client that never ends its body would hold this up.
    reader.cancel().catch(() => {})
  }
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size > bodyBytesMax) throw tooLarge()
    chunks.push(value)
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

async function inTime<T>(reading: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new AppError('request_timeout', undefined, { headers: { Connection: 'close' } }))
    }, bodyTimeoutMs)
  })
  try {
    return await Promise.race([reading, late])
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('bad_request', 'The body broke off.', { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
