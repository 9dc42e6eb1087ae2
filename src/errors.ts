/**
 * Every error code of Galley with its HTTP status and what it says when nothing better is known.
 * The one table: the server answers from it, and a client may switch on the code.
 */
export const errorTable = {
  bad_request: { status: 400, text: 'The request is not valid.' },
  malformed_json: { status: 400, text: 'The body is not valid JSON.' },
  validation_failed: { status: 400, text: 'Some fields are not valid.' },
  unauthorized: { status: 401, text: 'Sign in first.' },
  cross_site: { status: 403, text: 'Requests from other sites may not change anything here.' },
  forbidden: { status: 403, text: 'You may not do this.' },
  not_found: { status: 404, text: 'There is nothing at this address.' },
  method_not_allowed: { status: 405, text: 'This address does not take that method.' },
  not_acceptable: { status: 406, text: 'There is no form of this that you accept.' },
  request_timeout: { status: 408, text: 'The request did not arrive in time.' },
  conflict: { status: 409, text: 'This is at odds with what is stored.' },
  gap: { status: 410, text: 'What came after that position is lost. Load the state anew.' },
  precondition_failed: { status: 412, text: 'It has changed since you read it.' },
  body_too_large: { status: 413, text: 'The body is too large.' },
  target_too_long: { status: 414, text: 'The request line is too long.' },
  unsupported_encoding: { status: 415, text: 'The body may not be compressed.' },
  range_not_satisfiable: { status: 416, text: 'The file has no such range.' },
  expectation_failed: { status: 417, text: 'The expectation of the request is not known here.' },
  misdirected_request: { status: 421, text: 'This server does not answer to that host name.' },
  idempotency_key_reused: { status: 422, text: 'This Idempotency-Key was used for another request.' },
  upgrade_required: { status: 426, text: 'This address is for WebSockets.' },
  too_many_requests: { status: 429, text: 'Too many requests at a time.' },
  headers_too_large: { status: 431, text: 'The header fields are too large.' },
  internal: { status: 500, text: 'Something went wrong on our side.' },
  not_implemented: { status: 501, text: 'This server does not do that.' },
  storage_unavailable: { status: 503, text: 'The database does not answer. Try again.' },
  timeout: { status: 503, text: 'The answer takes too long. Try again.' },
  busy: { status: 503, text: 'The server has too much to do. Try again.' },
  draining: { status: 503, text: 'The server is stopping.' },
  version_not_supported: { status: 505, text: 'This server speaks HTTP/1.1.' },
  storage_full: { status: 507, text: 'The storage is full.' },
} as const

export type ErrorCode = keyof typeof errorTable

/** What is wrong with one field of a request; `field` is its path with dots, as in `address.street`. */
export interface ErrorDetail {
  field: string
  code: string
  message: string
}

/**
 * An error that is the peer's to know: its message reaches the client. Anything else that is thrown
 * is our own fault and becomes a 500 that says nothing of its cause.
 */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly details: readonly ErrorDetail[]
  readonly headers: Readonly<Record<string, string>>
  /** What else the answer tells, beside its message and code. */
  readonly more: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string = errorTable[code].text,
    options: {
      details?: readonly ErrorDetail[]
      headers?: Readonly<Record<string, string>>
      more?: Readonly<Record<string, unknown>>
      cause?: unknown
    } = {},
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.details = options.details ?? []
    this.headers = options.headers ?? {}
    this.more = options.more ?? {}
  }

  get status(): number {
    return errorTable[this.code].status
  }
}

/** An error names so many fields; more are of use to nobody. */
export const detailsMax = 50

/** A `validation_failed` that names each field, up to `detailsMax`. */
export function invalidFields(all: readonly ErrorDetail[]): AppError {
  const details = all.slice(0, detailsMax)
  const text = details.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ')
  return new AppError('validation_failed', text, { details })
}

/** A `validation_failed` of one field. */
export function invalidField(field: string, code: string, message: string): AppError {
  return invalidFields([{ field, code, message }])
}

/**
 * The server can't start, and its operator can do something about it: the message is one line that
 * says what. Adapters print it and exit with code 1.
 */
export class StartError extends Error {
  override readonly name = 'StartError'

  constructor(message: string) {
    super(message.replace(/\s*[\r\n]+\s*/g, ' '))
  }
}
