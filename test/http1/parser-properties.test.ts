/** Requests made up at random: good ones are parsed unchanged, broken ones and noise are refused. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Defect, defects, withDefect } from './defects.ts'
import { anyRequest, type MadeRequest, serialize } from './made-requests.ts'
import { byteByByte, latin1, outcomeOf, type Piece, parse, parserOptions, type SeenRequest, whole } from './parsing.ts'

const runs = { numRuns: 300 }
const shared = parserOptions()

/** The cuts, as fractions of the whole, and the number of events to take after each piece. */
const schedule = fc.array(
  fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), eventsMax: fc.constantFrom(0, 1, 2, 1e9, 1e9) }),
  { maxLength: 12 },
)

function cut(bytes: Uint8Array, cuts: readonly { at: number; eventsMax: number }[]): Piece[] {
  const sorted = cuts.map(({ at, ...rest }) => ({ offset: Math.floor(at * bytes.length), ...rest }))
  sorted.sort((one, other) => one.offset - other.offset)
  const starts = [{ offset: 0, eventsMax: 1e9 }, ...sorted]
  return starts.map(({ offset, eventsMax }, index) => ({
    bytes: bytes.subarray(offset, starts[index + 1]?.offset ?? bytes.length),
    eventsMax,
  }))
}

describe('good requests', () => {
  test('are parsed unchanged from a pipeline, wherever it is cut', () => {
    const pipeline = fc.array(anyRequest, { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(pipeline, schedule, (requests, cuts) => {
        const seen = parse(cut(latin1(requests.map(serialize).join('')), cuts), shared)
        expect(seen.reason).toBe('')
        expect(seen.requests.map(asMade)).toEqual(requests.map(asWanted))
      }),
      runs,
    )
  })

  test('are not served when their last byte is missing', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const { requests, refusal } = parse(whole(latin1(serialize(request).slice(0, -1))))
        expect(refusal).toBe(null)
        expect(requests.some(({ isWhole }) => isWhole)).toBe(false)
      }),
      runs,
    )
  })
})

function asMade({ method, minorVersion, target, fields, body, isWhole }: SeenRequest): object {
  return { method, minorVersion, path: target?.path, fields, body, isWhole }
}

function asWanted({ method, minorVersion, target, fields, body }: MadeRequest): object {
  const names = fields.map(({ name, value }) => [name.toLowerCase(), value])
  return { method, minorVersion, path: target, fields: names, body: body.text, isWhole: true }
}

describe('broken requests', () => {
  for (const defect of defects) test(`${defect.name}: ${defect.status}`, () => refuses(defect))
})

function refuses(defect: Defect): void {
  fc.assert(
    fc.property(anyRequest, fc.nat(), schedule, (request, choice, cuts) => {
      const bytes = latin1(serialize(anyRequestBefore) + withDefect(defect, request, choice))
      const { requests, refusal } = parse(cut(bytes, cuts), shared)
      expect(refusal).toBe(defect.status)
      expect(requests.filter(({ isWhole }) => isWhole)).toHaveLength(1)
    }),
    { numRuns: 100 },
  )
}

const anyRequestBefore: MadeRequest = {
  method: 'GET',
  minorVersion: 1,
  target: '/before',
  fields: [{ name: 'Host', before: ' ', value: 'a.example', after: '' }],
  body: { kind: 'none', text: '' },
}

describe('noise', () => {
  const noise = fc.oneof(fc.uint8Array({ maxLength: 300 }), wordNoise())

  test('is refused or awaited, the same whole and in pieces, and nothing else is thrown', () => {
    fc.assert(
      fc.property(noise, schedule, (bytes, cuts) => {
        const seen = outcomeOf(parse(whole(bytes), shared))
        expect(outcomeOf(parse(byteByByte(bytes), shared))).toEqual(seen)
        expect(outcomeOf(parse(cut(bytes, cuts), shared))).toEqual(seen)
      }),
      { numRuns: 2000 },
    )
  })
})

function wordNoise(): fc.Arbitrary<Uint8Array> {
  const word = fc.constantFrom(
    'GET',
    ' ',
    '/',
    'HTTP/1.1',
    '\r\n',
    'Host: a',
    'Content-Length: 3',
    ':',
    '0',
    'abc',
    '\n',
    ';a',
  )
  const chunked = fc.constantFrom(
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
    '3\r\nabc\r\n',
    '0\r\n\r\n',
  )
  return fc.array(fc.oneof(word, word, chunked), { maxLength: 30 }).map((words) => latin1(words.join('')))
}

describe('blanks', () => {
  const blanks = ' \t'.repeat(8000)
  for (const name of ['Connection', 'Transfer-Encoding', 'Expect', 'Upgrade', 'Host', 'Content-Length']) {
    test(`16 KB of them cost no more in ${name} than in other parts`, () => {
      expect(leastMs(`${name}: a${blanks}b`)).toBeLessThan(10 * leastMs(`X-Other: a${blanks}b`) + 5)
    })
  }
})

/** Of several tries, because the machine may be busy with something else. */
function leastMs(field: string): number {
  const bytes = latin1(`GET / HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n`)
  const times = Array.from({ length: 8 }, () => {
    const start = performance.now()
    parse(whole(bytes))
    return performance.now() - start
  })
  return Math.min(...times)
}
