import type { TypedResponse } from 'hono'
import type { StatusCode } from 'hono/utils/http-status'
import type { JSONParsed } from 'hono/utils/types'
import { type AppError, type ErrorDetail, errorTable } from '../errors.ts'
import type { RequestContext } from '../request/context.ts'
import { wantsProblem } from './accept.ts'
import { compressBytesMin } from './compression.ts'
import { dataHeaders, secureOnlyHeaders } from './secure-headers.ts'

/** An answer before it is a Response: what an idempotent request stores and replays. */
export interface ApiResponse<Data = unknown, Status extends number = number> {
  status: Status
  /** What stands under `data`; left out for 204. */
  data?: Data
  /** What stands beside `data`, such as `next`. */
  more?: Readonly<Record<string, unknown>>
  headers?: Readonly<Record<string, string>>
}

/** A response whose JSON body and status are known to Hono's types. */
export type Reply<Body, Status extends number> = Response & TypedResponse<JSONParsed<Body>, Status & StatusCode, 'json'>

/** The same with the envelope of a success, one for each status. */
export type SuccessReply<Data, Status extends number, More = object> = Status extends number
  ? Reply<{ data: Data; status: Status } & More, Status>
  : never

/** What an answer must know of its request; a Hono context is one. */
export interface Asked {
  env: Pick<RequestContext, 'requestId' | 'identity' | 'peer'>
  req: { raw: Request }
}

/** Answers that `reply` made carry their headers already; the door sees it by this mark. */
const finished = Symbol('galley.finished')
interface Finished extends Response {
  [finished]?: number
}

/** The length of an answer that `reply` made; undefined for any other. */
export function finishedBytes(response: Response): number | undefined {
  return (response as Finished)[finished]
}

/** The envelope of a success as JSON text: `{"data":…,"status":200}`. Null for 204. */
export function envelope(answer: ApiResponse): string | null {
  if (answer.status === 204) return null
  return JSON.stringify({ data: answer.data ?? null, ...answer.more, status: answer.status })
}

/** Answers with a JSON text and all the headers that data needs, given once because setting them later is slow. */
export function reply(
  c: Asked,
  status: number,
  text: string | null,
  headers?: Readonly<Record<string, string>>,
): Response {
  const bytes = text === null ? 0 : bytesOf(text)
  const response: Finished = new Response(text, {
    status,
    headers: {
      ...dataHeaders,
      'Cache-Control': c.env.identity === null ? 'no-cache' : 'private, no-cache',
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
/** Said here and not when it is compressed, because to change headers of an answer later is dear. */
const compressibleHeaders = { Vary: 'Accept-Encoding' }

const beyondAscii = /[^\0-\x7f]/

function bytesOf(text: string): number {
  return beyondAscii.test(text) ? new TextEncoder().encode(text).byteLength : text.length
}

/** Responds with the envelope of a success. Its type tells Hono's typed client the body. */
export function replyWith<Data, const Status extends number, const More extends object = object>(
  c: Asked,
  answer: ApiResponse<Data, Status> & { more?: More },
): SuccessReply<Data, Status, More> {
  return reply(c, answer.status, envelope(answer), answer.headers) as SuccessReply<Data, Status, More>
}

/** Answers with an error: the envelope of the contract, or problem details (RFC 9457) where they are asked for. */
export function replyError(c: Asked, error: AppError): Response {
  const body = errorBody(error, c.env.requestId)
  const headers = { Vary: 'Accept', ...error.headers }
  if (!wantsProblem(c.req.raw.headers.get('accept'))) return reply(c, error.status, JSON.stringify(body), headers)
  return reply(c, error.status, JSON.stringify(problemBody(error, body)), {
    ...headers,
    'Content-Type': 'application/problem+json',
  })
}

interface ErrorBody {
  error: string
  status: number
  code: string
  requestId: string
  details?: readonly ErrorDetail[]
}

function errorBody(error: AppError, requestId: string): ErrorBody {
  const body = { error: error.message, status: error.status, code: error.code, requestId, ...error.more }
  return error.details.length > 0 ? { ...body, details: error.details } : body
}

function problemBody(error: AppError, { error: detail, ...rest }: ErrorBody) {
  return { type: `urn:galley:error:${error.code}`, title: errorTable[error.code].text, detail, ...rest }
}
