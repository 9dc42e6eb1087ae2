/**
 * A second parser to compare the first with: slow, over the whole input at once, and made of regular
 * expressions that are the grammar of the RFCs. It shares no code with the server.
 */

import type { HttpErrorStatus } from '../../src/http1/http-error.ts'
import type { Limits } from '../../src/http1/limits.ts'
import type { Matcher } from './abnf.ts'
import {
  chunkExtensions,
  chunkSize,
  emptyLine,
  fieldLine,
  laterVersion,
  requestLine,
  trailerSection,
} from './reference-grammar.ts'
import { type ReferenceHead, type ReferenceRules, readHead } from './reference-head.ts'

export interface ReferenceRequest {
  head: ReferenceHead
  body: string
  isWhole: boolean
}

export interface Reading {
  requests: ReferenceRequest[]
  /** Null when nothing is wrong so far; else every status that fits. */
  statuses: readonly HttpErrorStatus[] | null
}

/** Ends a reading: the rest is wrong, or (null) incomplete. */
class End extends Error {
  readonly statuses: readonly HttpErrorStatus[] | null

  constructor(statuses: readonly HttpErrorStatus[] | null) {
    super()
    this.statuses = statuses
  }
}

export interface ReadingOptions extends Omit<ReferenceRules, 'bodyBytesMax'> {
  limits: Limits
}

/** Reads all requests in a text of one character a byte. */
export function readAll(text: string, options: ReadingOptions): Reading {
  const requests: ReferenceRequest[] = []
  try {
    for (let rest = text; ; ) rest = readRequest(rest, options, requests)
  } catch (error) {
    if (error instanceof End) return { requests, statuses: error.statuses }
    throw error
  }
}

function readRequest(text: string, options: ReadingOptions, requests: ReferenceRequest[]): string {
  const { limits, scheme, authority } = options
  const line = readLine(skipEmptyLines(text), limits)
  const { fields, rest } = readFields(line.rest, limits)
  const head = readHead(line, fields, { scheme, authority, bodyBytesMax: limits.bodyBytesMax })
  if (Array.isArray(head)) throw new End(head)
  const request = { head, body: '', isWhole: false }
  requests.push(request)
  const after = head.isChunked ? readChunks(rest, limits, request) : readLength(rest, head.contentLength, request)
  request.isWhole = true
  return after
}

/** RFC 9112 §2.2; two are the most that the server puts up with. */
function skipEmptyLines(text: string): string {
  const rest = text.replace(/^(?:\r\n){1,2}/, '')
  if (rest === '' || (rest === '\r' && text.length < 5)) throw new End(null)
  if (rest.startsWith('\r')) throw new End([400])
  return rest
}

/** The strings of at most so many bytes that a rule matches; longer ones get `beyond`. */
function take(rule: Matcher, text: string, bytesMax: number, beyond: HttpErrorStatus) {
  const window = text.slice(0, bytesMax)
  const found = rule.match(window)
  if (found !== null) return { groups: found.groups, rest: text.slice(found.length), length: found.length }
  if (!rule.mayBecome(window)) throw new End([400])
  throw new End(window.length < bytesMax ? null : [beyond])
}

function readLine(text: string, { requestLineBytesMax }: Limits) {
  if (laterVersion.test(text.slice(0, requestLineBytesMax))) throw new End([505])
  const { groups, rest } = take(requestLine, text, requestLineBytesMax, 414)
  const { method = '', target = '', minor } = groups
  if (isUnserved(method)) throw new End([501])
  return { method, target, minorVersion: Number(minor), rest }
}

/** Methods that the Fetch standard forbids, and those that differ from a usual one by case alone. */
function isUnserved(method: string): boolean {
  if (/^(?:trace|track)$/i.test(method)) return true
  const usual = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'CONNECT']
  return usual.some((each) => each !== method && each === method.toUpperCase())
}

function readFields(text: string, { headerBytesMax, headerFieldsMax }: Limits) {
  const fields: [string, string][] = []
  let rest = text
  for (let left = headerBytesMax; ; ) {
    if (rest.startsWith('\r')) return { fields, rest: take(emptyLine, rest, left, 431).rest }
    if (fields.length === headerFieldsMax && rest !== '' && left > 0) throw new End([431])
    const taken = take(fieldLine, rest, left, 431)
    fields.push([(taken.groups.name ?? '').toLowerCase(), taken.groups.value ?? ''])
    rest = taken.rest
    left -= taken.length
  }
}

function readLength(text: string, length: number, request: ReferenceRequest): string {
  request.body += text.slice(0, length)
  if (text.length < length) throw new End(null)
  return text.slice(length)
}

function readChunks(text: string, limits: Limits, request: ReferenceRequest): string {
  let bytes = 0
  let extensionBytesLeft = limits.chunkExtensionBytesMax
  for (let rest = text; ; ) {
    const size = take(chunkSize, rest, rest.length + 1, 400)
    if (size.rest === '') throw new End(null)
    const length = Number.parseInt(size.groups.size ?? '', 16)
    if (/^[0-9a-f]/i.test(size.rest)) throw new End([400])
    bytes += length
    if (bytes > limits.bodyBytesMax) throw new End([413])
    const line = takeExtensions(size.rest, extensionBytesLeft)
    extensionBytesLeft -= line.groups.extensions?.length ?? 0
    if (length === 0) return readTrailer(line.rest, limits)
    const after = readLength(line.rest, length, request)
    rest = take(emptyLine, after, after.length + 1, 400).rest
  }
}

/** An extension is too long as soon as the byte after the last one that may be is there. */
function takeExtensions(text: string, bytesLeft: number) {
  const end = text.indexOf('\r')
  if ((end === -1 ? text.length - 1 : end) > bytesLeft) throw new End([400])
  return take(chunkExtensions, text, text.length + 1, 400)
}

function readTrailer(text: string, { trailerBytesMax }: Limits): string {
  const window = text.slice(0, trailerBytesMax)
  const found = trailerSection.match(window)
  if (found !== null) return text.slice(found.length)
  if (!trailerSection.mayBecome(window)) throw new End([400])
  throw new End(text.length > trailerBytesMax ? [431] : null)
}
