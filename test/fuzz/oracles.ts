/** Invariants of every input, however broken. Each check returns the fault, or null. */
import { isDeepStrictEqual } from 'node:util'
import type { Limits } from '../../src/http1/limits.ts'
import type { ParserOptions } from '../../src/http1/request-parser.ts'
import {
  byteByByte,
  outcomeOf,
  type Piece,
  parse,
  parserOptions,
  type Seen,
  type SeenRequest,
  whole,
} from '../http1/parsing.ts'
import { inputBytesMax } from './mutate.ts'
import type { Random } from './random.ts'
import { type Reading, type ReferenceRequest, readAll } from './reference.ts'

/** So small that short inputs reach them. */
const smallLimits: Partial<Limits> = {
  requestLineBytesMax: 96,
  headerBytesMax: 256,
  headerFieldsMax: 8,
  bodyBytesMax: 300,
  chunkExtensionBytesMax: 24,
  trailerBytesMax: 32,
}

/** An input is some microseconds' work. */
const inputMsMax = 100
const tries = 5

export class Oracles {
  /** Shared by all inputs, as the parsers of a server share theirs. */
  readonly #options: ParserOptions = parserOptions(smallLimits)
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** Parses and runs the cheap checks, with `isThorough` all of them. Throws the fault. */
  check(bytes: Buffer, isThorough: boolean): Seen {
    const start = performance.now()
    const seen = parse(whole(bytes), this.#options)
    const pieces = isThorough ? byteByByte(bytes) : this.#split(bytes)
    const other = parse(pieces, this.#options)
    if (!isSame(outcomeOf(seen), outcomeOf(other))) fail('pieces change what is seen', seen, other)
    if (performance.now() - start > inputMsMax && isSlow(pieces)) fail('it takes too long', seen, null)
    if (isThorough) {
      checkReference(bytes, seen, this.#options)
      for (const request of seen.requests) if (request.isWhole) checkAgain(request)
    }
    return seen
  }

  /** Up to four cuts, and now and then events that wait until more is there. */
  #split(bytes: Buffer): Piece[] {
    const pieces: Piece[] = []
    let start = 0
    for (let left = 1 + this.#random.below(4); left >= 0 && start < bytes.length; left--) {
      const end = left === 0 ? bytes.length : start + 1 + this.#random.below(bytes.length - start)
      pieces.push({
        bytes: bytes.subarray(start, end),
        eventsMax: this.#random.below(3) === 0 ? this.#random.below(3) : 1e9,
      })
      start = end
    }
    return pieces
  }
}

/** Returns whether the input was slow, and not the machine. */
function isSlow(pieces: readonly Piece[]): boolean {
  return Array.from({ length: tries }).every(() => {
    const start = performance.now()
    parse(pieces, parserOptions(smallLimits))
    return performance.now() - start > inputMsMax / 2
  })
}

function isSame(one: Seen, other: Seen): boolean {
  return one.reason === other.reason && one.requests.length === other.requests.length && isDeepStrictEqual(one, other)
}

function fail(what: string, seen: unknown, other: unknown): never {
  throw new Error(`${what}: ${JSON.stringify(seen)} and ${JSON.stringify(other)}`)
}

function checkReference(bytes: Buffer, seen: Seen, { limits, scheme, authority }: ParserOptions): void {
  const reading = readAll(bytes.toString('latin1'), { limits, scheme, authority })
  const isSameOutcome =
    seen.refusal === null ? reading.statuses === null : (reading.statuses?.includes(seen.refusal) ?? false)
  const isSameLength = seen.requests.length === reading.requests.length
  if (
    !isSameOutcome ||
    !isSameLength ||
    !seen.requests.every((request, index) => agrees(request, reading, index, seen))
  ) {
    fail('the reference disagrees', seen, reading)
  }
}

function agrees(request: SeenRequest, reading: Reading, index: number, { refusal }: Seen): boolean {
  const other = reading.requests[index] as ReferenceRequest
  const isBodyDecided = request.isWhole || refusal === null
  const isSameBody = isBodyDecided ? request.body === other.body : other.body.startsWith(request.body)
  return isSameBody && request.isWhole === other.isWhole && isDeepStrictEqual(headOf(request), other.head)
}

function headOf({ method, minorVersion, url, fields, framing }: SeenRequest): ReferenceRequest['head'] {
  const isChunked = framing.contentLength === -1
  return {
    method,
    minorVersion,
    url,
    fields,
    isChunked,
    contentLength: isChunked ? 0 : framing.contentLength,
    isClosing: framing.isClosing,
    isKeepingAlive: framing.isKeepingAlive,
    expectsContinue: framing.expectsContinue,
    upgrade: framing.upgrade,
  }
}

const roomy = parserOptions({ requestLineBytesMax: 2 * inputBytesMax, headerBytesMax: 2 * inputBytesMax })

/** Written down in one form and parsed again, a request is the same. */
function checkAgain(request: SeenRequest): void {
  const { requests } = parse(whole(serialize(request)), roomy)
  if (requests.length !== 1 || !isDeepStrictEqual(requests[0], request))
    fail('it changes when written again', request, requests)
}

function serialize({ method, target, minorVersion, fields, framing, body }: SeenRequest): Buffer {
  const path = target?.path ?? '*'
  const line = `${method} ${framing.host === null && target ? target.origin + path : path} HTTP/1.${minorVersion}`
  const head = [line, ...fields.map(([name, value]) => `${name}:${value}`), '', ''].join('\r\n')
  const chunks = `${body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n`
  return Buffer.from(head + (framing.contentLength === -1 ? chunks : body), 'latin1')
}
