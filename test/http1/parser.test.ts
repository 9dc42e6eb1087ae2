/** Every case in four ways; the way in which bytes arrive must not matter to the parser. */
import { describe, expect, test } from 'vitest'
import type { ParserOptions } from '../../src/http1/request-parser.ts'
import { get, head, type ParserCase, type Wanted } from './parser-cases/parser-case.ts'
import { parserCases } from './parser-cases.ts'
import {
  byteByByte,
  cutAt,
  latin1,
  outcomeOf,
  parse,
  parserOptions,
  type Seen,
  type SeenRequest,
  whole,
} from './parsing.ts'

/** All cases share the state that the parsers of a server share. */
const shared = parserOptions()
const before = get('X-Place: before')
const after = get('X-Place: after')

for (const [noun, cases] of Object.entries(parserCases)) {
  describe(noun, () => {
    for (const each of cases) describe(nameOf(each), () => fourWays(each))
  })
}

function nameOf({ name, rfc, wanted, isComplete }: ParserCase): string {
  const section = rfc.includes('§') ? `RFC ${rfc}` : `RFC 9112 §${rfc}`
  const outcome = typeof wanted === 'number' ? `${wanted}` : isComplete ? 'served' : 'awaited'
  return `${name}: ${outcome} (${section})`
}

function fourWays(each: ParserCase): void {
  const bytes = latin1(each.bytes)
  const isRefused = typeof each.wanted === 'number'

  test('whole', () => {
    const seen = parse(whole(bytes))
    expect(seen.refusal).toBe(isRefused ? each.wanted : null)
    if (typeof each.wanted !== 'number') expectRequests(seen, each.wanted, each.isComplete)
    else if (seen.requests.at(-1)?.isWhole) expect(each.bytes.startsWith(get())).toBe(true)
  })

  test('split at every byte', () => {
    const seen = parse(whole(bytes), shared)
    expect(outcomeOf(parse(byteByByte(bytes), shared))).toEqual(outcomeOf(seen))
    for (const offset of offsets(bytes))
      expect(outcomeOf(parse(cutAt(bytes, [offset]), shared))).toEqual(outcomeOf(seen))
  })

  test('with trailing bytes', () => {
    const seen = parse(whole(bytes), shared)
    const more = parse(whole(latin1(each.bytes + after)), shared)
    if (isRefused) expect(more).toEqual(seen)
    else if (each.isComplete) {
      expectMore(more, seen)
      const { requests, refusal } = parse(whole(latin1(`${each.bytes}\0`)), shared)
      expect({ requests, refusal }).toEqual({ requests: seen.requests, refusal: 400 })
    }
  })

  test('in a pipeline', () => {
    const seen = parse(whole(bytes), shared)
    const first = parse(whole(latin1(before))).requests
    const pipeline = latin1(before + each.bytes)
    const wanted = outcomeOf({ ...seen, requests: [...first, ...seen.requests] })
    expect(outcomeOf(parse(whole(pipeline), shared))).toEqual(wanted)
    expect(outcomeOf(parse(byteByByte(pipeline), shared))).toEqual(wanted)
  })
}

function expectMore(more: Seen, { requests }: Seen): void {
  expect(more).toEqual({ ...more, refusal: null, requests: [...requests, ...parse(whole(latin1(after))).requests] })
}

function expectRequests({ requests }: Seen, wanted: readonly Wanted[], isComplete: boolean): void {
  expect(requests.map(shown)).toMatchObject(wanted)
  expect(requests.every(({ isWhole }) => isWhole) || !isComplete).toBe(true)
}

function shown({ fields, target, ...rest }: SeenRequest): object {
  return { ...rest, path: target?.path, fields: fields.map(([name, value]) => `${name}: ${value}`) }
}

/** All offsets to cut at; of what is long only those near its ends. */
function offsets(bytes: Uint8Array): number[] {
  const all = Array.from({ length: Math.max(0, bytes.length - 1) }, (_, index) => index + 1)
  return all.length < 1000 ? all : [...all.slice(0, 50), ...all.slice(-50)]
}

describe('a TLS connection', () => {
  const tls: ParserOptions = { ...parserOptions(), scheme: 'https' }
  const urls = (bytes: string, options: ParserOptions) =>
    parse(whole(latin1(bytes)), options).requests.map(({ url }) => url)

  test('has URLs of https, also beside a plain one with the same requests', () => {
    expect(urls(get(), shared)).toEqual(['http://a.example/'])
    expect(urls(get(), tls)).toEqual(['https://a.example/'])
    expect(urls(get(), shared)).toEqual(['http://a.example/'])
  })

  test('serves an absolute-form of https, with or without the usual port', () => {
    for (const host of ['a.example', 'a.example:443']) {
      expect(urls(head(`GET https://${host}/x HTTP/1.1`, 'Host: a.example'), tls)).toEqual(['https://a.example/x'])
    }
  })

  test('refuses an absolute-form of http with 421', () => {
    expect(parse(whole(latin1(head('GET http://a.example/ HTTP/1.1', 'Host: a.example'))), tls).refusal).toBe(421)
  })
})

test('there are cases for every rule', () => {
  const cases = Object.values(parserCases).flat()
  expect(new Set(cases.map(({ bytes, isComplete }) => `${isComplete} ${bytes}`)).size).toBeGreaterThan(250)
})
