/** Turns an HTTP response of the app into the response of a message. */
import { AppError } from '../errors.ts'
import { responseBytesMax } from './limits.ts'
import type { ErrorObject } from './send-queue.ts'

/** The headers that are passed on to the client; the others are for caches and browsers. */
const passedHeaderNames = [
  'etag',
  'location',
  'last-modified',
  'retry-after',
  'allow',
  'idempotency-replayed',
  'ratelimit',
  'ratelimit-policy',
]

/** The default media type of a body, which is not passed on. */
const json = 'application/json'
const jsonLike = /^application\/(?:[\w.+-]+\+)?json(?:;|$)/
const text = /^text\/(?!event-stream)/

/** Returns whether a message can carry the body: JSON, or text that ends. */
export function canCarry({ headers }: Response): boolean {
  const type = headers.get('content-type')
  return type === null || type === json || jsonLike.test(type) || text.test(type)
}

/** @throws AppError `not_acceptable` when its Content-Length exceeds `responseBytesMax` */
export function checkLength({ headers }: Response): void {
  if (Number(headers.get('content-length')) > responseBytesMax) throw tooLong()
}

export function cannotCarry(): AppError {
  return new AppError(
    'not_acceptable',
    'A message cannot carry this response: it is binary or a stream. Request it over HTTP.',
  )
}

export function tooLong(): AppError {
  return new AppError('not_acceptable', 'The response is too large for a message. Request it over HTTP.')
}

export function tooDeep(): AppError {
  return new AppError('not_acceptable', 'The response is nested too deep for a message. Request it over HTTP.')
}

export function passedHeaders({ headers }: Response): Record<string, string> | null {
  let found: Record<string, string> | null = null
  for (const name of passedHeaderNames) {
    const value = headers.get(name)
    if (value === null) continue
    found ??= {}
    found[name] = value
  }
  const type = headers.get('content-type')
  return type === null || type === json ? found : { ...found, 'content-type': type }
}

/** Returns the body as JSON text: JSON unchanged, other text as a JSON string. Null for an empty body. */
export function bodyJson({ headers }: Response, body: string): string | null {
  if (body === '') return null
  const type = headers.get('content-type')
  const isJson = type === json || (type !== null && jsonLike.test(type))
  return isJson && isValue(body) ? body : (compact(body, isJson) ?? JSON.stringify(body))
}

/** Counts the values and keys of a JSON text quickly, by the characters that stand before them; in strings these count, too. */
export function countValues(json: string): number {
  let count = 1
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at)
    if (code === 0x2c || code === 0x3a || code === 0x5b || code === 0x7b) count += 1
  }
  return count
}

/** Recognizes a JSON object on one line without parsing it, because nearly every response is one. */
function isValue(body: string): boolean {
  return body.startsWith('{"') && body.endsWith('}') && !body.includes('\n')
}

/** Returns the same JSON on one line; null when the text is not JSON. */
function compact(body: string, isJson: boolean): string | null {
  if (!isJson) return null
  try {
    return JSON.stringify(JSON.parse(body))
  } catch {
    return null
  }
}

/** The text of an error is for people; a longer one is cut. */
const messageLengthMax = 1000

/** Returns the JSON-RPC error of a response with status 400 or more, from the error envelope or else from the text. */
export function errorOf(response: Response, body: string): ErrorObject {
  const { status: code } = response
  const value = parsed(body)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { code, message: (body || response.statusText || `Status ${code}`).slice(0, messageLengthMax) }
  }
  const { error, status: _, ...data } = value as Record<string, unknown>
  const message = [error, data.detail, data.title].find((each) => typeof each === 'string') ?? `Status ${code}`
  const headers = passedHeaders(response)
  return { code, message, data: headers === null ? data : { ...data, headers } }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}
