/** Responses with each kind of body: their content type and their content. */
import { readings, withoutBoundary } from './body-cases.ts'
import { type Case, natives } from './kit.ts'
import { outcome } from './observe.ts'

const encoder = new TextEncoder()
const bytes = () => encoder.encode('{"a":"ä"}')

function form(): FormData {
  const made = new FormData()
  made.append('a', 'ä\r\nb')
  made.append('a', 'second')
  made.append('file', new File(['content'], 'a "file".txt', { type: 'text/x-test' }))
  return made
}

function streamOf(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
}

async function* asyncChunks() {
  yield encoder.encode('one ')
  yield encoder.encode('two')
}

/** Some that are read in every way. */
const kinds: Readonly<Record<string, () => unknown>> = {
  nothing: () => null,
  'an empty text': () => '',
  'a text': () => '{"a":"ä😀"}',
  'a text with a mark': () => '\ufeff{"a":1}',
  bytes,
  'a stream': () => streamOf(encoder.encode('{"a":'), encoder.encode('1}')),
  'a Blob': () => new Blob(['{"a":1}'], { type: 'Text/X-Test' }),
  'a search': () => new URLSearchParams({ a: 'ä b', c: '&' }),
  'a form': form,
}

/** Others, of which type and text suffice. */
const oddities: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  'two marks': () => '\ufeff\ufefftext',
  'a mark alone': () => '\ufeff',
  'bytes with a mark': () => Uint8Array.of(0xef, 0xbb, 0xbf, 0x61),
  'a text that is ill-formed': () => 'a\ud800b\udc00',
  'bytes that are no UTF-8': () => Uint8Array.of(0x61, 0xff, 0xc3, 0x28, 0xf0, 0x9f),
  'a text with NUL': () => 'a\0b',
  'no JSON': () => '{"a":',
  'a Blob without a type': () => new Blob(['text']),
  'an empty Blob': () => new Blob([]),
  'a File': () => new File(['text'], 'name', { type: 'text/x-file' }),
  'an empty search': () => new URLSearchParams(),
  'an empty form': () => new FormData(),
  'an ArrayBuffer': () => bytes().buffer,
  'an empty ArrayBuffer': () => new ArrayBuffer(0),
  'a resizable ArrayBuffer': () => new ArrayBuffer(2, { maxByteLength: 4 }),
  'a detached ArrayBuffer': () => {
    const buffer = new ArrayBuffer(2)
    structuredClone(buffer, { transfer: [buffer] })
    return buffer
  },
  'a SharedArrayBuffer': () => new SharedArrayBuffer(2),
  'an array over a SharedArrayBuffer': () => new Uint8Array(new SharedArrayBuffer(2)),
  'a part of an array': () => bytes().subarray(1, 4),
  'a DataView': () => new DataView(bytes().buffer, 2, 3),
  'an array of wider numbers': () => Uint16Array.of(0x6161, 0x6262),
  'an array of Float64': () => new Float64Array(1),
  'a Buffer': () => Buffer.from('from a pool'),
  'an empty stream': () => streamOf(),
  'a stream of text': () =>
    new ReadableStream({
      start(controller) {
        controller.enqueue('text')
        controller.close()
      },
    }),
  'a stream that fails': () =>
    new ReadableStream({
      start(controller) {
        controller.error(new RangeError('x'))
      },
    }),
  'an async generator': asyncChunks,
  'an async iterable': () => ({ [Symbol.asyncIterator]: asyncChunks }),
  'an array of text': () => ['a', 'b'],
  'a Set': () => new Set(['a']),
  'a number': () => 5,
  zero: () => 0,
  NaN: () => Number.NaN,
  'a bigint': () => 5n,
  true: () => true,
  false: () => false,
  'a plain object': () => ({ a: 1 }),
  'an object with toString': () => ({ toString: () => 'made' }),
  'an object whose toString fails': () => ({
    toString() {
      throw new RangeError('x')
    },
  }),
  'an object without a prototype': () => Object.create(null) as unknown,
  'a String object': () => new String('text'),
  'a Date': () => new Date(Number.NaN),
  'a URL': () => new URL('http://h/'),
  'a function': () => Math.max,
  'a symbol': () => Symbol('x'),
  'native Headers': () => new natives.Headers(),
  'a native Response': () => new natives.Response('x'),
  'an Error': () => new RangeError('x'),
}

const made = (kit: { Response: typeof Response }, body: unknown, init?: ResponseInit) =>
  new kit.Response(body as BodyInit, init)

/** Node's own forms throw an unhandled error when their stream is cancelled. */
const isSafe = (kind: string, reading: string) => kind !== 'a form' || !reading.includes('cancel')

const readingCases = Object.entries(kinds).flatMap(([kind, body]) =>
  readings
    .filter(({ name }) => isSafe(kind, name))
    .map(
      ({ name, run }): Case => ({
        name: `a Response of ${kind}: ${name}`,
        run: (kit) => run(() => made(kit, body())),
      }),
    ),
)

const typeCases = Object.entries({ ...kinds, ...oddities }).flatMap(([kind, body]): Case[] => [
  {
    name: `a Response of ${kind}: type and text`,
    run: async (kit) => {
      const response = made(kit, body())
      const type = response.headers.get('content-type')
      const fields = [...response.headers].map(([name]) => name)
      const text = await outcome(async () => withoutBoundary(await response.text()))
      return [type === null ? null : withoutBoundary(type), fields, text, response.bodyUsed]
    },
  },
  {
    name: `a Response of ${kind}: json`,
    run: async (kit) => made(kit, body()).json(),
  },
  {
    name: `a Response of ${kind}: bytes`,
    run: async (kit) => {
      const array = await made(kit, body()).bytes()
      return [array.constructor.name, withoutBoundary(new TextDecoder().decode(array))]
    },
  },
  {
    name: `a Response of ${kind} with a type of its own`,
    run: (kit) => [...made(kit, body(), { headers: { 'Content-Type': 'a/b', x: 'y' } }).headers],
  },
  {
    name: `a Response of ${kind} with an empty type`,
    run: (kit) => [...made(kit, body(), { headers: [['content-type', '']] }).headers],
  },
  {
    name: `a Response of ${kind} and status 204`,
    run: (kit) => made(kit, body(), { status: 204 }).status,
  },
  {
    name: `a Response of ${kind}: blob`,
    run: async (kit) => {
      const blob = await made(kit, body(), { headers: { 'content-type': 'Text/Plain; Charset=x' } }).blob()
      return [blob.type, blob.size > 0]
    },
  },
])

export const responseBodyCases: Case[] = [...readingCases, ...typeCases]
