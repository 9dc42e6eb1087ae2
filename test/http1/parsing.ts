/** Drives a parser over bytes in pieces, and records everything observable about its events. */
import { bufferCodec } from '../../adapters/tcp/buffer-codec.ts'
import { fieldValue } from '../../src/http1/fields.ts'
import type { Framing } from '../../src/http1/framing.ts'
import { HeaderCache } from '../../src/http1/header-cache.ts'
import { HttpError, type HttpErrorStatus } from '../../src/http1/http-error.ts'
import { defaultLimits, type Limits } from '../../src/http1/limits.ts'
import type { RequestHead } from '../../src/http1/request-head.ts'
import { type ParserOptions, type RequestEvent, RequestParser } from '../../src/http1/request-parser.ts'
import { type Target, urlOf } from '../../src/http1/target.ts'

/** A parsed request, its body as latin1. */
export interface SeenRequest {
  method: string
  minorVersion: number
  target: Target | null
  url: string | null
  fields: [name: string, value: string][]
  framing: Framing
  body: string
  isWhole: boolean
}

export interface Seen {
  requests: SeenRequest[]
  refusal: HttpErrorStatus | null
  /** The message of the refusal. */
  reason: string
}

/** One piece of the input, and how many events to take before the next comes. */
export interface Piece {
  bytes: Uint8Array
  eventsMax: number
}

/** Shared by the parsers of one server. */
export function parserOptions(limits: Partial<Limits> = {}): ParserOptions {
  return {
    limits: { ...defaultLimits, ...limits },
    scheme: 'http',
    authority: 'default.example',
    codec: bufferCodec,
    headerCache: new HeaderCache(bufferCodec),
    spare: { line: null, fields: null },
  }
}

export function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

/** All at once, every event taken. */
export function whole(bytes: Uint8Array): Piece[] {
  return [{ bytes, eventsMax: Number.POSITIVE_INFINITY }]
}

/** Cut before each of these offsets, which ascend. */
export function cutAt(bytes: Uint8Array, offsets: readonly number[]): Piece[] {
  const bounds = [0, ...offsets, bytes.length]
  return bounds.slice(1).map((end, index) => ({
    bytes: bytes.subarray(bounds[index], end),
    eventsMax: Number.POSITIVE_INFINITY,
  }))
}

export function byteByByte(bytes: Uint8Array): Piece[] {
  return cutAt(
    bytes,
    Array.from({ length: Math.max(0, bytes.length - 1) }, (_, index) => index + 1),
  )
}

/** More than any input here can hold. */
const eventsOfBytes = 1_000_000

const garbage = 0xa5
/** A piece lies in the middle of a larger buffer, as it does in one that all sockets share. */
const margin = 3
const none = new Uint8Array(0)

/** @throws the parser's errors other than HttpError, and when it breaks its contract */
export function parse(pieces: readonly Piece[], options: ParserOptions = parserOptions()): Seen {
  const parser = new RequestParser(options)
  const seen: Seen = { requests: [], refusal: null, reason: '' }
  try {
    for (const [index, piece] of pieces.entries()) feedOne(parser, piece, pieces[index + 1]?.bytes ?? none, seen)
    takeEvents(parser, Number.POSITIVE_INFINITY, seen)
    checkRest(parser, seen)
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    seen.refusal = error.status
    seen.reason = error.message
    checkSilence(parser)
  }
  return seen
}

/** The amount of data before a refusal depends on the pieces. */
export function outcomeOf({ requests, ...rest }: Seen): Seen {
  if (rest.refusal === null) return { requests, ...rest }
  return { ...rest, requests: requests.map((request) => (request.isWhole ? request : { ...request, body: '' })) }
}

/**
 * The bytes are overwritten as soon as they are no longer lent. Behind them lies what comes next, as though
 * left over from before, to be found by a parser that reads beyond the end.
 */
function feedOne(parser: RequestParser, { bytes, eventsMax }: Piece, next: Uint8Array, seen: Seen): void {
  const shared = new Uint8Array(margin + bytes.length + next.length + margin).fill(garbage)
  shared.set(bytes, margin)
  shared.set(next, margin + bytes.length)
  parser.feed(shared, margin, margin + bytes.length)
  takeEvents(parser, eventsMax, seen)
  parser.keep()
  shared.fill(garbage)
}

function takeEvents(parser: RequestParser, eventsMax: number, seen: Seen): void {
  for (let taken = 0; taken < eventsMax; taken++) {
    const event = parser.next()
    if (event === null) return
    if (taken > eventsOfBytes) throw new Error('The parser gives events without end.')
    record(event, seen.requests)
  }
}

function record(event: RequestEvent, requests: SeenRequest[]): void {
  if (event.type === 'head') {
    requests.push(requestOf(event))
    return
  }
  const request = requests.at(-1)
  if (request === undefined || request.isWhole) throw new Error(`The parser gave ${event.type} outside a request.`)
  if (event.type === 'end') request.isWhole = true
  else {
    if (event.bytes.length === 0) throw new Error('The parser gave no data and called them data.')
    request.body += bufferCodec.latin1(event.bytes, 0, event.bytes.length)
  }
}

function requestOf({ method, minorVersion, target, isAbnormal, fields, framing }: RequestHead): SeenRequest {
  return {
    method,
    minorVersion,
    target,
    url: target && urlOf(target, isAbnormal),
    fields: fields.names.map((name, index) => [name, fieldValue(fields, index)]),
    framing,
    body: '',
    isWhole: false,
  }
}

/** Checks that the parser's state fits its events. */
function checkRest(parser: RequestParser, { requests }: Seen): void {
  const isInBody = requests.at(-1)?.isWhole === false
  if (isInBody && parser.isInHead) throw new Error('The parser is in a head and in a body.')
  if (isInBody && !(parser.bodyBytesLeft > 0)) throw new Error('The parser waits for a body without bytes.')
  if (parser.waitingBytes > 0 && !parser.isInHead) throw new Error('The parser keeps bytes outside a head.')
}

const afterRefusal = latin1('GET /after HTTP/1.1\r\nHost: after.example\r\n\r\n')

/** After a refusal the parser returns nothing more, whatever it is fed. */
function checkSilence(parser: RequestParser): void {
  for (let round = 0; round < 2; round++) {
    if (parser.next() !== null) throw new Error('The parser went on after a refusal.')
    parser.feed(afterRefusal, 0, afterRefusal.length)
  }
  if (parser.next() !== null) throw new Error('The parser went on after a refusal.')
}
