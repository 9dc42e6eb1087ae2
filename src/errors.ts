/**
 * Every error code of Galley with its HTTP status and default message. The server responds from this table, and a client
 * may switch on the code.
 */
export const errorTable = {
  bad_request: { status: 400, text: 'The request is not valid.' },
  malformed_json: { status: 400, text: 'The body is not valid JSON.' },
  validation_failed: { status: 400, text: 'Some fields are not valid.' },
  unauthorized: { status: 401, text: 'Sign in first.' },
  cross_site: { status: 403, text: 'Requests from other sites must not change anything here.' },
  forbidden: { status: 403, text: 'You may not do this.' },
  not_found: { status: 404, text: 'There is nothing at this address.' },
  method_not_allowed: { status: 405, text: 'This address does not support that method.' },
  not_acceptable: { status: 406, text: 'The response is not available in a type that you accept.' },
  request_timeout: { status: 408, text: 'The request did not arrive in time.' },
  conflict: { status: 409, text: 'The request conflicts with what is stored.' },
  response_not_kept: { status: 409, text: 'This request was done before; its response is no longer stored.' },
  gap: { status: 410, text: 'Events after this position are lost. Load the state again.' },
  precondition_failed: { status: 412, text: 'It has changed since you read it.' },
  body_too_large: { status: 413, text: 'The body is too large.' },
  target_too_long: { status: 414, text: 'The request line is too long.' },
  unsupported_encoding: { status: 415, text: 'The body must not be compressed.' },
  range_not_satisfiable: { status: 416, text: 'The file has no such range.' },
  expectation_failed: { status: 417, text: 'The expectation of the request is not supported.' },
  misdirected_request: { status: 421, text: 'This server does not serve that host name.' },
  idempotency_key_reused: { status: 422, text: 'This Idempotency-Key was used for another request.' },
  message_id_reused: { status: 422, text: 'This message id was used for another message.' },
  upgrade_required: { status: 426, text: 'This address is for WebSockets.' },
  too_many_requests: { status: 429, text: 'Too many requests at a time.' },
  headers_too_large: { status: 431, text: 'The header fields are too large.' },
  internal: { status: 500, text: 'Something went wrong on our side.' },
  not_implemented: { status: 501, text: 'This server does not support that.' },
  storage_unavailable: { status: 503, text: 'The database is not available. Try again.' },
  timeout: { status: 503, text: 'The response takes too long. Try again.' },
  busy: { status: 503, text: 'The server is overloaded. Try again.' },
  draining: { status: 503, text: 'The server is stopping.' },
  version_not_supported: { status: 505, text: 'This server supports HTTP/1.1 only.' },
  storage_full: { status: 507, text: 'The storage is full.' },
} as const

export type ErrorCode = keyof typeof errorTable

/** The error of one field of a request; `field` is its path with dots, as in `address.street`. */
export interface ErrorDetail {
  field: string
  code: string
  message: string
}

/**
 * An error whose message is sent to the client. Anything else that is thrown is a fault of the server and becomes a 500
 * that hides its cause.
 */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly details: readonly ErrorDetail[]
  readonly headers: Readonly<Record<string, string>>
  /** Further members of the error response. */
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

/** The maximum number of fields that one error names. */
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
 * The server cannot start, and its operator can fix the cause: the message is one line that says how. Adapters print it
 * and exit with code 1.
 */
export class StartError extends Error {
  override readonly name = 'StartError'

  constructor(message: string) {
    super(message.replace(/\s*[\r\n]+\s*/g, ' '))
  }
}
