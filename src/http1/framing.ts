/**
 * Message framing by the fields of a head: the length of the body, the host, and whether the connection persists. Rejects
 * everything that could make two readers see different messages (RFC 9112 §11.2).
 */
import { type FieldBlock, fieldValue } from './fields.ts'
import { tokenPattern, trimmed } from './grammar.ts'
import { HttpError } from './http-error.ts'

/** The meaning of a block of fields, independent of the request line. */
export interface Framing {
  /** The only `Host`; null without one. */
  readonly host: string | null
  /** Bytes of the body; -1 when it is chunked. */
  readonly contentLength: number
  readonly hasTransferEncoding: boolean
  readonly isClosing: boolean
  readonly isKeepingAlive: boolean
  readonly expectsContinue: boolean
  /** `Upgrade`, when `Connection` names it; '' else. */
  readonly upgrade: string
}

/**
 * Reads the framing out of a block.
 * @throws HttpError 400, 417, 501
 */
export function readFraming(block: FieldBlock): Framing {
  const { names } = block
  let host: string | null = null
  let contentLength: string | null = null
  let transferEncoding: string | null = null
  let connection: string | null = null
  let upgrade: string | null = null
  let expect: string | null = null
  for (let index = 0; index < names.length; index++) {
    switch (names[index]) {
      case 'host':
        host = once('Host', host, fieldValue(block, index))
        break
      case 'content-length':
        contentLength = once('Content-Length', contentLength, fieldValue(block, index))
        break
      case 'transfer-encoding':
        transferEncoding = once('Transfer-Encoding', transferEncoding, fieldValue(block, index))
        break
      case 'connection':
        connection = joined(connection, fieldValue(block, index))
        break
      case 'upgrade':
        upgrade = joined(upgrade, fieldValue(block, index))
        break
      case 'expect':
        expect = joined(expect, fieldValue(block, index))
        break
      default:
    }
  }
  const options = connection === null ? noOptions : readOptions(connection)
  return {
    host,
    contentLength: readLength(contentLength, transferEncoding),
    hasTransferEncoding: transferEncoding !== null,
    isClosing: options.includes('close'),
    isKeepingAlive: options.includes('keep-alive'),
    expectsContinue: readExpect(expect),
    upgrade: options.includes('upgrade') ? (upgrade ?? '') : '',
  }
}

function once(name: string, earlier: string | null, value: string): string {
  if (earlier !== null) throw new HttpError(400, `${name} must not be repeated.`)
  return value
}

/** Lines of one name are one list, RFC 9110 §5.3. */
function joined(earlier: string | null, value: string): string {
  return earlier === null ? value : `${earlier}, ${value}`
}

/** The elements of a list with OWS between them, in lower case, RFC 9110 §5.6.1. */
function elements(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((element) => trimmed(element, '\t '))
}

const noOptions: readonly string[] = []

/** `Connection = #token`, RFC 9110 §7.6.1. */
function readOptions(value: string): readonly string[] {
  const options = elements(value).filter((option) => option !== '')
  if (!options.every((option) => tokenPattern.test(option)))
    throw new HttpError(400, 'Connection must be a list of tokens.')
  return options
}

/** RFC 9112 §6.3. Fifteen digits, so that the number is exact. */
const lengthPattern = /^\d{1,15}$/

function readLength(contentLength: string | null, transferEncoding: string | null): number {
  if (transferEncoding !== null) {
    if (contentLength !== null)
      throw new HttpError(400, 'A request must not have both Content-Length and Transfer-Encoding.')
    checkCoding(transferEncoding)
    return -1
  }
  if (contentLength === null) return 0
  if (!lengthPattern.test(contentLength)) throw new HttpError(400, 'Content-Length must be a number of bytes.')
  return Number(contentLength)
}

/** A request ends only where `chunked` is the last coding, RFC 9112 §6.1. Any other before it is answered with 501. */
function checkCoding(value: string): void {
  if (value.toLowerCase() === 'chunked') return
  const codings = elements(value)
  const isFramed =
    codings.every((coding) => tokenPattern.test(coding)) && codings.indexOf('chunked') === codings.length - 1
  if (isFramed) throw new HttpError(501, 'The only supported transfer coding is chunked.')
  throw new HttpError(400, 'The last transfer coding must be chunked.')
}

/** RFC 9110 §10.1.1. */
function readExpect(value: string | null): boolean {
  if (value === null) return false
  if (value.toLowerCase() !== '100-continue')
    throw new HttpError(417, 'The only supported expectation is 100-continue.')
  return true
}
