/** Well-formed requests, each with the one response that is right. */
import type { Random } from '../fuzz/random.ts'
import { contents, contentsWhole, Digest, digestOf } from './contents.ts'
import type { ParsedResponse } from './response-reader.ts'

export interface Asked {
  method: string
  head: string
  /** The bytes after the head, in parts. */
  body(): Iterable<string | Uint8Array>
  /** Returns the fault of the response, or null. */
  fault(response: ParsedResponse): string | null
}

export interface Recipe {
  method?: string
  path: string
  bytes?: number
  isChunked?: boolean
  fields?: readonly string[]
  status?: number
  /** Length and hash of the body, or its text, when that is fixed. */
  digest?: string
  text?: string
  /** True when the number must come back in the head. */
  isNumbered?: boolean
}

/** A request with its number. */
export function asked(random: Random, number: number, recipe: Recipe): Asked {
  const { method = 'GET', path, bytes, isChunked = false, fields = [] } = recipe
  const framing = bytes === undefined ? [] : [isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes}`]
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: soak.example', `X-Number: ${number}`, ...fields, ...framing]
  return {
    method,
    head: `${lines.join('\r\n')}\r\n\r\n`,
    body: () => (bytes === undefined ? [] : isChunked ? chunks(random, number, bytes) : contents(number, bytes)),
    fault: (response) => fault(number, recipe, response),
  }
}

/** The whole of a request, for small ones. */
export function bytesOf({ head, body }: Asked): Buffer {
  return Buffer.concat([head, ...body()].map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))
}

/** One of the quick ones. */
export function smallRequest(random: Random, number: number): Asked {
  const make = random.pick(small)
  return asked(random, number, make(random, number))
}

/** A GET with a body of so many bytes in the response. */
export function download(random: Random, number: number, bytes: number): Asked {
  const declared = random.below(2)
  const path = random.pick([`/stream?bytes=${bytes}&declared=${declared}`, `/sized?bytes=${bytes}`])
  return asked(random, number, { path, digest: digestOf(number, bytes) })
}

/** A POST with a body of so many bytes. */
export function upload(random: Random, number: number, bytes: number, fields: readonly string[] = []): Asked {
  const path = random.pick(['/hash', '/whole', '/echo', `/late?ms=${random.below(200)}`, '/part', '/unread'])
  return asked(random, number, uploaded(random, number, path, bytes, fields))
}

function uploaded(random: Random, number: number, path: string, bytes: number, fields: readonly string[] = []): Recipe {
  const recipe: Recipe = { method: 'POST', path, bytes, isChunked: random.below(2) === 0, fields }
  if (path === '/echo' || path === '/cloned') return { ...recipe, digest: digestOf(number, bytes) }
  if (path === '/unread' || path === '/part') return { ...recipe, text: JSON.stringify({ number }) }
  return { ...recipe, text: JSON.stringify({ number, digest: digestOf(number, bytes) }) }
}

type Make = (random: Random, number: number) => Recipe

function json(number: number, path: string): Recipe {
  return { path, text: JSON.stringify({ number }) }
}

function failure(path: string): Recipe {
  return { path, status: 500, isNumbered: false }
}

const small: readonly Make[] = [
  (_, number) => json(number, '/json'),
  (_, number) => json(number, '/json'),
  (random, number) => json(number, `/slow?ms=${random.below(200)}`),
  (random, number) => {
    const bytes = random.below(random.pick([10, 1000, 70_000, 400_000]))
    return { path: `/sized?bytes=${bytes}`, digest: digestOf(number, bytes) }
  },
  (random, number) => {
    const times = random.below(random.pick([3, 300, 30_000]))
    return { path: `/text?times=${times}`, digest: textDigest(`${number};`.repeat(times)) }
  },
  (random, number) => {
    const bytes = random.below(200_000)
    return { path: `/stream?bytes=${bytes}&declared=${random.below(2)}`, digest: digestOf(number, bytes) }
  },
  (random) => ({
    method: 'HEAD',
    path: random.pick(['/json', '/stream?bytes=1000&declared=1', '/sized?bytes=500000']),
  }),
  () => ({ path: '/none', status: 204 }),
  () => ({ path: '/same', status: 304 }),
  () => ({ path: '/nothing', status: 404 }),
  () => failure('/throws'),
  (random) => failure(`/throws-late?ms=${random.below(20)}`),
  (random, number) => uploaded(random, number, '/echo', random.below(random.pick([10, 3000, 100_000]))),
  (random, number) => uploaded(random, number, '/hash', random.below(random.pick([10, 3000, 100_000]))),
  (random, number) => uploaded(random, number, '/whole', random.below(random.pick([10, 3000, 100_000]))),
  (random, number) => uploaded(random, number, `/late?ms=${random.below(50)}`, random.below(100_000)),
  (random, number) => uploaded(random, number, '/unread', random.below(random.pick([10, 3000, 300_000]))),
  (random, number) => uploaded(random, number, '/part', random.below(random.pick([10, 3000, 300_000]))),
  (random, number) => uploaded(random, number, '/cloned', random.below(random.pick([10, 3000, 100_000]))),
]

function fault(number: number, recipe: Recipe, { status, fields, digest, text }: ParsedResponse): string | null {
  const { method = 'GET', path, isNumbered = true } = recipe
  const where = `${method} ${path} (${recipe.isChunked ? 'chunked ' : ''}${recipe.bytes ?? 'no'} bytes)`
  const expected = recipe.status ?? 200
  if (status !== expected) return `${where} gave ${status}: ${text.slice(0, 80)}`
  const given = fields.get('x-number')
  if (isNumbered && given !== String(number)) return `${where} gave the response of ${given} to ${number}`
  if (recipe.digest !== undefined && digest !== recipe.digest) return `${where} gave ${digest} for ${recipe.digest}`
  if (recipe.text !== undefined && text !== recipe.text) return `${where} gave ${text.slice(0, 120)}`
  return null
}

function textDigest(text: string): string {
  const digest = new Digest()
  digest.update(Buffer.from(text, 'latin1'))
  return digest.end()
}

/** The same bytes in chunks of all sizes, now and then with an extension or a trailer. */
function* chunks(random: Random, number: number, length: number): Generator<string | Uint8Array> {
  const whole = contentsWhole(number, length)
  const most = random.pick([10, 1000, 30_000, 200_000])
  const isDressed = random.below(4) === 0 && length / most < 100
  for (let at = 0; at < length; ) {
    const size = Math.min(1 + random.below(Math.max(most, length / 500)), length - at)
    yield `${size.toString(16)}${isDressed ? ';soak="a b"' : ''}\r\n`
    yield whole.subarray(at, at + size)
    yield '\r\n'
    at += size
  }
  yield isDressed ? '0\r\nX-Soak: over\r\n\r\n' : '0\r\n\r\n'
}
