import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'
import { bare, fieldOf, get, post } from '../wire.ts'
import { bodies, pathOf } from './probe-connection.ts'

const megabyte = 1024 ** 2

const texts: Readonly<Record<string, string>> = {
  'text beyond ASCII': 'na\u00efve \u20ac \u{1f600}',
  'text of latin1': 'caf\u00e9'.repeat(100),
  'text with a lone surrogate': 'a\ud800b',
  'no text': '',
  '1 MiB of text': 'x'.repeat(megabyte),
  '5 MiB of text': 'abcde'.repeat(megabyte),
  '5 MiB of text beyond ASCII': '\u20acab'.repeat(megabyte),
  '300 KiB of text beyond ASCII at its end': `${'x'.repeat(300 * 1024)}\u20ac`,
}

const bytesOf: Readonly<Record<string, () => Uint8Array<ArrayBuffer>>> = {
  'no bytes': () => new Uint8Array(),
  'bytes of all values': () => Uint8Array.from({ length: 256 }, (_, index) => index),
  '256 KiB of bytes': () => pattern(256 * 1024),
  '256 KiB and one of bytes': () => pattern(256 * 1024 + 1),
  '1 MiB of bytes': () => pattern(megabyte),
  '5 MiB of bytes': () => pattern(5 * megabyte),
  'a view into the middle of a buffer': () => new Uint8Array(pattern(1000).buffer, 100, 500),
}

function pattern(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >> 8)) & 0xff
  return bytes
}

/** Sends this body as a response, and expects these bytes with that length; also a HEAD and a next response. */
function sends(what: string, body: () => string | Uint8Array<ArrayBuffer>): Scenario {
  return {
    title: `sends ${what}`,
    handler: () => (request) => new Response(pathOf(request) === '/hello' ? 'hello' : body()),
    async run({ open }) {
      const expected = Buffer.from(body())
      const wire = await open()
      wire.heads.push(0)
      wire.send(bare('HEAD', '/') + get('/') + get('/hello'))
      const [head, response, next] = await wire.responses(3)
      equal(fieldOf(head, 'content-length'), String(expected.length))
      equal(fieldOf(response, 'content-length'), String(expected.length))
      ok(Buffer.from(response?.body ?? '', 'latin1').equals(expected))
      equal(next?.body, 'hello')
    },
  }
}

function form(): FormData {
  const data = new FormData()
  data.set('name', 'caf\u00e9')
  data.set('file', new Blob([pattern(1000)]), 'some.bin')
  return data
}

export const responseBodies: readonly Scenario[] = [
  ...Object.entries(texts).map(([what, text]) => sends(what, () => text)),
  ...Object.entries(bytesOf).map(([what, make]) => sends(what, make)),
  {
    title: 'sends a Blob with its type',
    handler: () => () => new Response(new Blob([pattern(100_000)], { type: 'image/x-own' })),
    async run({ open }) {
      const wire = await open()
      wire.send(get('/'))
      const response = await wire.response()
      equal(fieldOf(response, 'content-type'), 'image/x-own')
      ok(Buffer.from(response.body, 'latin1').equals(pattern(100_000)))
    },
  },
  {
    title: 'sends a form that can be read back, and reads one that is sent',
    handler: () => async (request) => new Response(request.method === 'GET' ? form() : await request.formData()),
    async run({ open }) {
      const wire = await open()
      wire.send(get('/'))
      const sent = await wire.response()
      const type = fieldOf(sent, 'content-type') ?? ''
      wire.send(post('/', sent.body.length, `Content-Type: ${type}`) + sent.body)
      const echoed = (await wire.responses(2))[1]
      const headers = { 'content-type': fieldOf(echoed, 'content-type') ?? '' }
      const read = await new Response(Buffer.from(echoed?.body ?? '', 'latin1'), { headers }).formData()
      equal(read.get('name'), 'caf\u00e9')
      const file = read.get('file') as File
      deepEqual([file.name, Buffer.from(await file.arrayBuffer()).equals(pattern(1000))], ['some.bin', true])
    },
  },
  {
    title: 'sends URLSearchParams with their type',
    handler: () => () => new Response(new URLSearchParams({ a: '1', b: 'caf\u00e9' })),
    async run({ open }) {
      const wire = await open()
      wire.send(get('/'))
      const response = await wire.response()
      deepEqual(
        [fieldOf(response, 'content-type'), response.body],
        ['application/x-www-form-urlencoded;charset=UTF-8', 'a=1&b=caf%C3%A9'],
      )
    },
  },
  {
    title: 'passes on a response that the handler has fetched itself',
    handler: () => (request) => {
      const { pathname, origin } = new URL(request.url)
      if (pathname === '/source')
        return new Response(pattern(megabyte), { status: 203, headers: { 'x-source': 'yes' } })
      return fetch(`${origin}/source`)
    },
    async run({ open, port }) {
      const wire = await open()
      wire.send(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`.repeat(2))
      for (const response of await wire.responses(2)) {
        deepEqual([response.status, fieldOf(response, 'x-source')], [203, 'yes'])
        ok(Buffer.from(response.body, 'latin1').equals(pattern(megabyte)))
      }
    },
  },
  {
    title: 'passes on a request to another server with its body, and the response back',
    handler: () => async (request) => {
      const { pathname, origin } = new URL(request.url)
      if (pathname === '/source') return new Response(`${request.method} ${(await request.text()).length}`)
      return fetch(new Request(`${origin}/source`, request))
    },
    async run({ open, port }) {
      const wire = await open()
      const head = `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 300000\r\n\r\n`
      wire.send(head + 'x'.repeat(300_000))
      deepEqual(bodies(await wire.responses(1)), ['POST 300000'])
    },
  },
]

export const pipelines: readonly Scenario[] = [
  {
    title: 'answers a pipeline in order, however long each handler takes',
    handler: () => async (request) => {
      const index = Number(pathOf(request).slice(1))
      for (let turn = index % 3; turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve))
      return index % 5 === 0 ? new Response(streamOfText(`/${index}`)) : new Response(`/${index}`)
    },
    async run({ open }) {
      const wire = await open()
      const indexes = Array.from({ length: 200 }, (_, index) => index)
      wire.send(indexes.map((index) => get(`/${index}`)).join(''))
      deepEqual(
        bodies(await wire.responses(200)),
        indexes.map((index) => `/${index}`),
      )
    },
  },
  ...(['at once', 'as promises'] as const).map(
    (when): Scenario => ({
      title: `gathers the responses of a pipeline that are made ${when} into few writes`,
      handler: () => (request) => {
        const response = new Response(pathOf(request))
        return when === 'at once' ? response : Promise.resolve(response)
      },
      async run({ open }) {
        const wire = await open()
        wire.send(Array.from({ length: 64 }, (_, index) => get(`/${index}`)).join(''))
        await wire.responses(64)
        ok(wire.arrivals <= 4, `${wire.arrivals} arrivals`)
      },
    }),
  ),
  {
    title: 'sends the finished responses of a pipeline while the next handler runs',
    handler(report) {
      return (request) => {
        report(pathOf(request))
        return pathOf(request) === '/slow' ? new Promise(() => {}) : Promise.resolve(new Response(pathOf(request)))
      }
    },
    async run({ open }) {
      const wire = await open()
      wire.send(get('/1') + get('/2') + get('/slow') + get('/3'))
      deepEqual(bodies(await wire.responses(2)), ['/1', '/2'])
    },
  },
  {
    title: 'reads bodies of a pipeline, whole and in chunks, each by its own handler',
    handler: () => async (request) => new Response(await request.text()),
    async run({ open }) {
      const wire = await open()
      const one = (index: number) =>
        index % 2 === 0
          ? `${post('/', 5)}body${index % 10}`
          : `${post('/', 'chunked')}5\r\nbody${index % 10}\r\n0\r\n\r\n`
      const indexes = Array.from({ length: 100 }, (_, index) => index)
      wire.send(indexes.map(one).join(''))
      deepEqual(
        bodies(await wire.responses(100)),
        indexes.map((index) => `body${index % 10}`),
      )
    },
  },
]

function streamOfText(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text))
      controller.close()
    },
  })
}
