import type { TypedResponse } from 'hono'
import type { StatusCode } from 'hono/utils/http-status'
import type { JSONParsed } from 'hono/utils/types'
import type { RequestContext } from '../request/context.ts'
import { compressBytesMin } from './compression.ts'
import { dataHeaders, secureOnlyHeaders } from './secure-headers.ts'

/** A response before it is a `Response`: stored and replayed for an idempotent request. */
export interface ApiResponse<Data = unknown, Status extends number = number> {
  status: Status
  /** The `data` of the envelope; left out for 204. */
  data?: Data
  /** Members beside `data`, such as `next`. */
  more?: Readonly<Record<string, unknown>>
  headers?: Readonly<Record<string, string>>
}

/** A response whose JSON body and status are known to Hono's types. */
export type Reply<Body, Status extends number> = Response & TypedResponse<JSONParsed<Body>, Status & StatusCode, 'json'>

/** The same with the envelope of a success, one for each status. */
export type SuccessReply<Data, Status extends number, More = object> = Status extends number
  ? Reply<{ data: Data; status: Status } & More, Status>
  : never

/** The part of a request's context that its response depends on. Identity and peer are left out where they are not known. */
export type Requester = Pick<RequestContext, 'requestId'> & Partial<Pick<RequestContext, 'identity' | 'peer'>>

/** Marks a response that `reply` made, which has all its headers, with its length. */
const finished = Symbol('galley.finished')
interface Finished extends Response {
  [finished]?: number
}

/** The length of a response that `reply` made; undefined for any other. */
export function finishedBytes(response: Response): number | undefined {
  return (response as Finished)[finished]
}

/** The envelope of a success as JSON text: `{"data":…,"status":200}`. Null for 204. */
export function envelope(response: ApiResponse): string | null {
  if (response.status === 204) return null
  return JSON.stringify({ data: response.data ?? null, ...response.more, status: response.status })
}

/** Makes a response of JSON text with all the headers that data needs, given at once because setting them later is slow. */
export function reply(
  c: { env: Requester },
  status: number,
  text: string | null,
  headers?: Readonly<Record<string, string>>,
): Response {
  const bytes = text === null ? 0 : bytesOf(text)
  const response: Finished = new Response(text, {
    status,
    headers: {
      ...dataHeaders,
      'Cache-Control': (c.env.identity ?? null) === null ? 'no-cache' : 'private, no-cache',
      'X-Request-Id': c.env.requestId,
      ...(text === null ? undefined : jsonHeaders),
      ...(c.env.peer?.isSecure === true ? secureOnlyHeaders : undefined),
      ...(status === 200 && bytes >= compressBytesMin ? compressibleHeaders : undefined),
      ...headers,
    },
  })
  response[finished] = bytes
  return response
}

const jsonHeaders = { 'Content-Type': 'application/json' }
/** Set here and not when it is compressed, because changing headers of a response later is slow. */
const compressibleHeaders = { Vary: 'Accept-Encoding' }

const beyondAscii = /[^\0-\x7f]/

/** The length of a text in UTF-8. */
export function bytesOf(text: string): number {
  return beyondAscii.test(text) ? new TextEncoder().encode(text).byteLength : text.length
}

/** Responds with the envelope of a success. Its type tells Hono's typed client the body. */
export function replyWith<Data, const Status extends number, const More extends object = object>(
  c: { env: Requester },
  response: ApiResponse<Data, Status> & { more?: More },
): SuccessReply<Data, Status, More> {
  return reply(c, response.status, envelope(response), response.headers) as SuccessReply<Data, Status, More>
}
