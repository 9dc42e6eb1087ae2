/** From the app's HTTP answer to that of a message. */
import { AppError } from '../errors.ts'
import { answerBytesMax } from './limits.ts'
import type { ErrorObject } from './send-queue.ts'

/** Headers that tell the client something; others are for caches and browsers. */
const telling = [
  'etag',
  'location',
  'last-modified',
  'retry-after',
  'allow',
  'idempotency-replayed',
  'ratelimit',
  'ratelimit-policy',
]

/** Of a type that tells nothing new, and is to be read as JSON. */
const json = 'application/json'
const jsonLike = /^application\/(?:[\w.+-]+\+)?json(?:;|$)/
const text = /^text\/(?!event-stream)/

/** Whether messages carry what this is: JSON or text that ends. */
export function isCarried({ headers }: Response): boolean {
  const type = headers.get('content-type')
  return type === null || type === json || jsonLike.test(type) || text.test(type)
}

/** @throws AppError `not_acceptable` when it says that it is too long */
export function checkLength({ headers }: Response): void {
  if (Number(headers.get('content-length')) > answerBytesMax) throw tooLong()
}

export function notCarried(): AppError {
  return new AppError('not_acceptable', 'This is no text, or goes on for ever: ask for it over HTTP.')
}

export function tooLong(): AppError {
  return new AppError('not_acceptable', 'The answer is too long for a message: ask for it over HTTP.')
}

export function tellingHeaders({ headers }: Response): Record<string, string> | null {
  let found: Record<string, string> | null = null
  for (const name of telling) {
    const value = headers.get(name)
    if (value === null) continue
    found ??= {}
    found[name] = value
  }
  const type = headers.get('content-type')
  return type === null || type === json ? found : { ...found, 'content-type': type }
}

/** The body as JSON text: what is JSON as it is, other text as a JSON string. */
export function bodyJson({ headers }: Response, body: string): string | null {
  if (body === '') return null
  const type = headers.get('content-type')
  const isJson = type === json || (type !== null && jsonLike.test(type))
  return isJson && isValue(body) ? body : (compact(body, isJson) ?? JSON.stringify(body))
}

/** JSON of one line that is an object, as nearly all is. Our own answers are not parsed to be sure. */
function isValue(body: string): boolean {
  return body.startsWith('{"') && body.endsWith('}') && !body.includes('\n')
}

/** The same JSON on one line; null when it is none. */
function compact(body: string, isJson: boolean): string | null {
  if (!isJson) return null
  try {
    return JSON.stringify(JSON.parse(body))
  } catch {
    return null
  }
}

/** An error's text is for people; more is of use to nobody. */
const messageLengthMax = 1000

/** An answer of 400 or more. The envelope of the app's errors is known; of other errors their text is all that is. */
export function errorOf(response: Response, body: string): ErrorObject {
  const { status: code } = response
  const value = parsed(body)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { code, message: (body || response.statusText || `Status ${code}`).slice(0, messageLengthMax) }
  }
  const { error, status: _, ...data } = value as Record<string, unknown>
  const message = [error, data.detail, data.title].find((each) => typeof each === 'string') ?? `Status ${code}`
  const headers = tellingHeaders(response)
  return { code, message, data: headers === null ? data : { ...data, headers } }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}
