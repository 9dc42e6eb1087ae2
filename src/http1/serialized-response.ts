import type { Codec } from './codec.ts'
import { reasonPhrase } from './grammar.ts'
import { type FieldList, fieldList } from './light-headers.ts'
import { type BodyToWrite, LightResponse } from './light-response.ts'
import type { RequestHead } from './request-head.ts'
import type { Framed } from './response-head.ts'

/** A response in the form in which it is written. */
export interface SerializedResponse {
  status: number
  statusText: string
  fields: FieldList
  body: BodyToWrite
  /** The handler's `Content-Length`; -1 without one. */
  declaredLength: number
  /** True if the handler wants the connection closed. */
  isClosing: boolean
}

/**
 * Reads the parts of a response.
 * @throws TypeError when it is not a Response, or its body is used
 */
export function serialize(response: Response): SerializedResponse {
  if (!(response instanceof globalThis.Response)) throw new TypeError('The handler must return a Response.')
  const light = LightResponse.is(response) ? response : null
  const fields = light === null ? fieldList(response.headers) : LightResponse.fields(light)
  const body = light === null ? (response.body as BodyToWrite) : LightResponse.bodyToWrite(light)
  if (body instanceof ReadableStream && (body.locked || response.bodyUsed))
    throw new TypeError('The body is already used.')
  const { status, statusText } = response
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new TypeError(`The status must be 200 to 599, not ${status}.`)
  if (statusText !== '' && !reasonPhrase.test(statusText))
    throw new TypeError('The status text contains a forbidden character.')
  if (!fields.isFraming) return { status, statusText, fields, body, declaredLength: -1, isClosing: false }
  return { status, statusText, fields, body, declaredLength: declaredLength(fields), isClosing: isClosing(fields) }
}

function declaredLength({ names, values }: FieldList): number {
  const at = names.indexOf('content-length')
  if (at === -1) return -1
  const text = values[at] as string
  return /^\d{1,15}$/.test(text) ? Number(text) : -1
}

function isClosing({ names, values }: FieldList): boolean {
  const at = names.indexOf('connection')
  return at !== -1 && /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(values[at] as string)
}

/** Returns the framing of the body, RFC 9112 §6.3. */
export function framing(
  { method, minorVersion }: RequestHead,
  response: SerializedResponse,
  { utf8Length }: Codec,
): Framed {
  const { status, body, declaredLength } = response
  if (status === 204) return 'none'
  if (typeof body === 'string') return utf8Length(body)
  if (body instanceof Uint8Array) return body.byteLength
  if (method === 'HEAD' || status === 304) return declaredLength === -1 ? 'none' : declaredLength
  if (body === null) return 0
  if (declaredLength !== -1) return declaredLength
  return minorVersion === 0 ? 'close' : 'chunked'
}
