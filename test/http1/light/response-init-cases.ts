/** The init of a Response: status, status text, headers. */
import { type Case, natives } from './kit.ts'
import { isSteady } from './observe.ts'
import { describe, given } from './response-samples.ts'

function status(value: unknown, body: string | null = null): Case {
  const shown = typeof value === 'string' ? JSON.stringify(value) : `${typeof value} ${String(value)}`
  return {
    name: `a Response of status ${shown}${body === null ? '' : ` with body "${body}"`}`,
    run: (kit) => describe(new kit.Response(body, given({ status: value }))),
  }
}

function statusText(value: unknown): Case {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return {
    name: `a Response of status text ${shown}`,
    run: (kit) => new kit.Response(null, given({ statusText: value })).statusText,
  }
}

function init(name: string, value: () => unknown): Case {
  return { name: `a Response made with ${name}`, run: (kit) => describe(new kit.Response('x', given(value()))) }
}

const statuses = [200, 201, 204, 205, 206, 299, 300, 301, 304, 400, 404, 418, 499, 500, 503, 599]

const noStatuses = [0, 1, 99, 100, 101, 102, 103, 199, 600, 999, 1000, -200, 65_736, 66_000, 200.9, 199.9, 599.9]

export const responseInitCases: Case[] = [
  { name: 'a Response of nothing', run: (kit) => describe(new kit.Response()) },
  ...[...statuses, ...noStatuses].map((value) => status(value)),
  ...[101, 103, 200, 204, 205, 304, 404].flatMap((value) => [status(value, 'x'), status(value, '')]),
  ...[
    '200',
    ' 204 ',
    '0xc8',
    '2e2',
    'x',
    '',
    null,
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    true,
    [201],
    {},
    200n,
  ].map((value) => status(value)),
  status(Symbol('x')),
  {
    name: 'a Response of a status object',
    run: (kit) => new kit.Response(null, given({ status: { valueOf: () => 202 } })).status,
  },
  ...['', 'OK', 'Not Found', 'caf\xe9', 'a\tb', ' x ', 'a\nb', 'a\r', 'a\0', '\x7f', 'ł', '\ud800'].map(statusText),
  ...[null, undefined, 5, true, ['a']].map(statusText),
  statusText(Symbol('x')),
  init('undefined', () => undefined),
  init('null', () => null),
  init('an empty object', () => ({})),
  init('a number', () => 5),
  init('a string', () => 'x'),
  init('true', () => true),
  init('a function', () => () => {}),
  init('an array', () => []),
  init('a symbol', () => Symbol('x')),
  init('unknown members', () => ({ url: 'http://x/', ok: false, type: 'error' })),
  init('members that are inherited', () => Object.create({ status: 201, headers: { a: 'b' } })),
  init('getters', () => ({
    get status() {
      return 202
    },
  })),
  init('a getter that throws', () => ({
    get status() {
      throw new RangeError('x')
    },
  })),
  init('headers of undefined', () => ({ headers: undefined })),
  init('headers of null', () => ({ headers: null })),
  init('headers and a bad status', () => ({ status: 1, headers: 'x' })),
  init('a bad status text and bad headers', () => ({ statusText: '\n', headers: { 'a b': 'c' } })),
  init('a native Response', () => new natives.Response(null, { status: 404, statusText: 'Lost', headers: { a: 'b' } })),
  {
    name: 'a Response made with a Response',
    run: (kit) =>
      describe(
        new kit.Response(
          'x',
          new kit.Response(null, {
            status: 404,
            statusText: 'Lost',
            headers: [
              ['a', 'b'],
              ['set-cookie', 'c'],
              ['set-cookie', 'd'],
            ],
          }),
        ),
      ),
  },
  {
    name: 'a native Response made with a Response',
    run: (kit) =>
      describe(
        new natives.Response('x', new kit.Response('y', { status: 404, statusText: 'Lost', headers: { a: 'b' } })),
      ),
  },
  {
    name: 'a Response called without new',
    run: (kit) => Reflect.apply(kit.Response as unknown as () => void, undefined, ['x']) as unknown,
  },
]

export const responseHeadersCases: Case[] = [
  {
    name: 'the headers of a Response are the same each time',
    run: ({ Response }) => {
      const r = new Response('x')
      return isSteady(() => r.headers)
    },
  },
  {
    name: 'headers that change show',
    run: ({ Response }) => {
      const r = new Response('x')
      r.headers.set('X-A', 'b')
      r.headers.delete('content-type')
      return describe(r)
    },
  },
  {
    name: 'headers that change do not change what they were made from',
    run: ({ Response, headers: make }) => {
      const init = make({ a: '1' })
      const r = new Response('x', { headers: init })
      r.headers.set('a', '2')
      init.set('b', '3')
      return [[...init], [...r.headers]]
    },
  },
  {
    name: 'a record that changes does not change the headers made from it',
    run: ({ Response }) => {
      const init = { a: '1' }
      const r = new Response('x', { headers: init })
      init.a = '2'
      return r.headers.get('a')
    },
  },
  {
    name: 'headers are no others for a clone',
    run: ({ Response }) => {
      const r = new Response('x', { headers: { a: '1' } })
      const copy = r.clone()
      copy.headers.set('a', '2')
      r.headers.append('b', '3')
      return [describe(r), describe(copy)]
    },
  },
  {
    name: 'headers of a Response are Headers',
    run: ({ Response }) => {
      const h = new Response('x').headers
      return [h instanceof Headers, Object.prototype.toString.call(h)]
    },
  },
  { name: 'content-length is not made up', run: ({ Response }) => new Response('text').headers.has('content-length') },
  {
    name: 'any header may be set',
    run: ({ Response }) => {
      const r = new Response(null, {
        headers: { Connection: 'x', 'Content-Length': '5', 'Transfer-Encoding': 'chunked', Cookie: 'a' },
      })
      return [...r.headers]
    },
  },
  {
    name: 'several cookies are kept',
    run: ({ Response }) => {
      const r = new Response()
      r.headers.append('Set-Cookie', 'a=1')
      r.headers.append('Set-Cookie', 'b=2')
      return [r.headers.getSetCookie(), r.clone().headers.getSetCookie()]
    },
  },
]
