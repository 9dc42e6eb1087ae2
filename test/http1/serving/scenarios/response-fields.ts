import { deepEqual, equal, ok } from 'node:assert/strict'
import type { ParsedResponse } from '../../../probe/responses.ts'
import type { Scenario } from '../scenario.ts'
import { fieldOf, get } from '../wire.ts'
import { bodies, pathOf, statuses } from './probe-connection.ts'

/** Ways in which a handler could try to put a line of its own into the head of a response. */
const attempts: Readonly<Record<string, (text: string) => Response>> = {
  'the value of an init': (text) => new Response('', { headers: { 'x-field': text } }),
  'the name of an init': (text) => new Response('', { headers: { [text]: 'value' } }),
  'pairs of an init': (text) => new Response('', { headers: [['x-field', text]] }),
  'Headers of an init': (text) => new Response('', { headers: new Headers({ 'x-field': text }) }),
  'the value of set': (text) => changed((headers) => headers.set('x-field', text)),
  'the name of set': (text) => changed((headers) => headers.set(text, 'value')),
  'the value of append': (text) => changed((headers) => headers.append('x-field', text)),
  'a cookie': (text) => changed((headers) => headers.append('set-cookie', text)),
  'a status text': (text) => new Response('', { statusText: text }),
  'a redirect': (text) => Response.redirect(`http://localhost/${text}`),
  'json with an init': (text) => Response.json({}, { headers: { 'x-field': text } }),
  'the type of a Blob': (text) => new Response(new Blob([''], { type: text })),
  'the name of a file in a form': (text) => {
    const form = new FormData()
    form.set('file', new Blob(['content']), text)
    return new Response(form)
  },
  'a status text of its own': (text) => defined('statusText', text),
  'a status text of a class of its own': (text) => new (withStatusText(text))(''),
  'a status of its own': (text) => defined('status', text),
}

function changed(change: (headers: Headers) => void): Response {
  const response = new Response('')
  try {
    change(response.headers)
  } catch {
    // The rest of a failed attempt is sent.
  }
  return response
}

function defined(name: string, value: string): Response {
  return Object.defineProperty(new Response(''), name, { value })
}

function withStatusText(text: string): typeof Response {
  return class extends Response {
    override get statusText(): string {
      return text
    }
  }
}

const breaks = ['\r\n', '\n', '\r', '\0', '\r\n\r\n', '\u010d\u010a', '\u560d\u560a']

/** Only the head: a body may hold what it likes. */
function headOf(bytes: Buffer): string {
  return bytes.toString('latin1').split('\r\n\r\n')[0] ?? ''
}

const given = (make: () => Response) => () => (request: Request) =>
  pathOf(request) === '/hello' ? new Response('hello') : make()

function values({ fields }: ParsedResponse, name: string): string[] {
  return fields.filter(([key]) => key === name).map(([, value]) => value)
}

export const injections: readonly Scenario[] = Object.entries(attempts).map(([where, attempt]) => ({
  title: `keeps line breaks out of the head of a response through ${where}`,
  handler: () => (request) => {
    const text = `one${breaks[Number(new URL(request.url).searchParams.get('break'))]}injected: yes`
    return attempt(text)
  },
  async run({ open }) {
    for (const index of breaks.keys()) {
      const wire = await open()
      wire.send(get(`/?break=${index}`, 'Connection: close'))
      const { responses, problem } = await wire.all()
      equal(problem, null)
      equal(responses.length, 1)
      ok(!/^injected|\0|[^\r]\n|\r[^\n]/m.test(headOf(wire.received)), headOf(wire.received))
      deepEqual(values(responses[0] as ParsedResponse, 'injected'), [])
    }
  },
}))

export const responseFields: readonly Scenario[] = [
  {
    title: 'sends each cookie in a line of its own',
    handler: given(() =>
      changed((headers) => {
        for (const cookie of ['a=1', 'b=2, c']) headers.append('Set-Cookie', cookie)
      }),
    ),
    async run({ open }) {
      const wire = await open()
      wire.send(get('/'))
      deepEqual(values(await wire.response(), 'set-cookie'), ['a=1', 'b=2, c'])
    },
  },
  {
    title: 'leaves a Date that the handler gives, and gives one of its own else',
    handler: given(() => new Response('', { headers: { date: 'Sun, 06 Nov 1994 08:49:37 GMT' } })),
    async run({ open }) {
      const wire = await open()
      wire.send(get('/') + get('/hello'))
      const [own, other] = await wire.responses(2)
      deepEqual(values(own as ParsedResponse, 'date'), ['Sun, 06 Nov 1994 08:49:37 GMT'])
      equal(values(other as ParsedResponse, 'date').length, 1)
      ok(Math.abs(Date.parse(fieldOf(other, 'date') ?? '') - Date.now()) < 60_000)
    },
  },
  {
    title: "drops a handler's fields of the connection and of the framing",
    handler: given(
      () =>
        new Response('hello', {
          headers: {
            'transfer-encoding': 'gzip, chunked',
            'content-length': '3',
            'keep-alive': 'timeout=1',
            'proxy-connection': 'keep-alive',
            te: 'trailers',
            trailer: 'x-after',
            upgrade: 'h2c',
            connection: 'keep-alive, x-field',
          },
        }),
    ),
    async run({ open }) {
      const wire = await open()
      wire.send(get('/') + get('/hello'))
      const [response, next] = await wire.responses(2)
      deepEqual([response?.body, next?.body], ['hello', 'hello'])
      deepEqual(response?.fields.map(([name]) => name).toSorted(), ['content-length', 'content-type', 'date'])
    },
  },
  ...['close', 'Close', 'keep-alive, close', 'x-field , CLOSE'].map(
    (value): Scenario => ({
      title: `closes after a response whose handler sets Connection: ${value}`,
      handler: given(() => new Response('bye', { headers: { connection: value } })),
      async run({ open }) {
        const wire = await open()
        wire.send(get('/') + get('/hello'))
        const { responses } = await wire.all()
        deepEqual([bodies(responses), fieldOf(responses[0], 'connection')], [['bye'], 'close'])
      },
    }),
  ),
  {
    title: 'sends field values of latin1 as one byte a character',
    handler: given(() => new Response('', { headers: { 'x-field': 'caf\u00e9 \u00ff' } })),
    async run({ open }) {
      const wire = await open()
      wire.send(get('/'))
      equal(fieldOf(await wire.response(), 'x-field'), 'caf\u00e9 \u00ff')
    },
  },
  {
    title: 'sends a status text that the handler gives, and an own one else',
    handler: given(() => new Response('', { status: 299, statusText: 'Fine \u00e9nough' })),
    async run({ open }) {
      const wire = await open()
      wire.send(get('/') + get('/hello'))
      await wire.responses(2)
      const lines = wire.received.toString('latin1').match(/^HTTP.*$/gm)
      deepEqual(lines, ['HTTP/1.1 299 Fine \u00e9nough', 'HTTP/1.1 200 OK'])
    },
  },
  {
    title: 'sends a response of any status that a Response can have',
    handler: () => (request) => new Response(null, { status: Number(pathOf(request).slice(1)) }),
    async run({ open }) {
      const wire = await open()
      const all = Array.from({ length: 400 }, (_, index) => index + 200)
      wire.send(all.map((status) => get(`/${status}`)).join(''))
      deepEqual(statuses(await wire.responses(400)), all)
    },
  },
]
