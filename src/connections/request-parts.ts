/** Turns a message into the parts of the HTTP request that it stands for. */
import { AppError } from '../errors.ts'
import type { RequestParts } from '../ports/request-maker.ts'
import type { Call } from './call.ts'
import { headerLengthMax, pathLengthMax } from './limits.ts'
import { MessageError } from './message-error.ts'
import { bad, readParams, record } from './params.ts'

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** Methods whose `Request` takes no body. */
const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/** The origin-form (RFC 9112 §3.2.1), and `[ ]`, which filters use and browsers do not escape. */
const origin = /^\/[\w\-.~%!$&'()*+,;=:@/?[\]]*$/
/** The headers a message may set: those about the request alone. The identity and the address come from the connection. */
const passing = /^(?:accept|idempotency-key|if-[a-z-]{1,40})$/
/** field-value, RFC 9110 §5.5, in ASCII. */
const fieldValue = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/

/** The origin that the requests of a connection are for. */
export interface RequestTarget {
  /** Scheme and authority. */
  origin: string
  /** The value of `Host`. */
  authority: string
}

/**
 * @throws MessageError -32601, -32602
 * @throws AppError `target_too_long`
 */
export function readRequest({ method: line, params: given }: Call, target: RequestTarget): RequestParts {
  const blank = line.indexOf(' ')
  const method = line.slice(0, blank)
  const path = line.slice(blank + 1)
  if (!methods.has(method)) throw new MessageError(-32601)
  if (path.length > pathLengthMax) throw new AppError('target_too_long')
  if (!origin.test(path)) throw new MessageError(-32601, 'A request is a method and a path, as in "GET /api/todos".')
  const { headers, body } = readParams(given)
  if (body !== undefined && bodiless.has(method)) throw bad('body', `is not allowed with ${method}`)
  const parts = { method, origin: target.origin, path, names: ['host'], values: [target.authority], body: null }
  return withHeaders(body === undefined ? parts : withBody(parts, body), headers)
}

type Made = RequestParts & { names: string[]; values: string[] }

function withBody(parts: Made, body: unknown): Made {
  parts.names.push('content-type')
  parts.values.push('application/json')
  return { ...parts, body: JSON.stringify(body) }
}

function withHeaders(parts: Made, headers: unknown): RequestParts {
  if (headers === undefined) return parts
  for (const [name, value] of Object.entries(record(headers, 'headers'))) {
    const lower = name.toLowerCase()
    if (!passing.test(lower)) throw bad(`headers: ${name.slice(0, 40)}`, 'is not a header that a message may set')
    if (parts.names.includes(lower)) throw bad(`headers: ${lower}`, 'is given twice')
    if (typeof value !== 'string' || value.length > headerLengthMax || !fieldValue.test(value)) {
      throw bad(`headers: ${lower}`, 'has an invalid value')
    }
    parts.names.push(lower)
    parts.values.push(value)
  }
  return parts
}
