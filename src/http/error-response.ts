/** The one place where an error becomes a response, for routes, the pipeline and every adapter. */
import { AppError, type ErrorDetail, errorTable } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import { wantsProblem } from './accept.ts'
import { type Requester, reply } from './reply.ts'

/** Statuses of a state that passes: such a response always says when to try again. */
const retryStatuses: ReadonlySet<number> = new Set([429, 503])
const retryHeaders = { 'Retry-After': '1' }

/**
 * The error envelope `{error, status, code, requestId}`, or problem details (RFC 9457) where `Accept` asks for them.
 * @param request null without a request, as for bytes that are not HTTP
 */
export function errorResponse(error: AppError, requester: Requester, request: Request | null): Response {
  const body = errorBody(error, requester.requestId)
  const isProblem = wantsProblem(request === null ? null : request.headers.get('accept'))
  return reply({ env: requester }, error.status, JSON.stringify(isProblem ? problemBody(error, body) : body), {
    Vary: 'Accept',
    ...(isProblem && { 'Content-Type': 'application/problem+json' }),
    ...(retryStatuses.has(error.status) && retryHeaders),
    ...error.headers,
  })
}

/** Errors that a healthy server sends, though they are of its making. */
const expected = new Set(['draining', 'timeout'])

/**
 * The response to whatever was thrown. Internal errors become an `internal` without details, and are logged.
 */
export function failureResponse(
  thrown: unknown,
  requester: Requester,
  request: Request,
  { log, path }: { log: Log; path: string },
): Response {
  const error = thrown instanceof AppError ? thrown : new AppError('internal')
  if (error !== thrown || (error.status >= 500 && !expected.has(error.code))) {
    log.problem({ requestId: requester.requestId, method: request.method, path, error: thrown })
  }
  return errorResponse(error, requester, request)
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
