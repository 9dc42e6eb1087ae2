/** `Response.json`, `Response.error` and `Response.redirect`. */
import type { Case } from './kit.ts'
import { attempt } from './observe.ts'
import { describe, given } from './response-samples.ts'

const json = (name: string, data: () => unknown, options?: () => unknown): Case => ({
  name: `Response.json of ${name}`,
  run: async ({ Response }) => {
    const r = options === undefined ? Response.json(data()) : Response.json(data(), given(options()))
    return [describe(r), r instanceof Response, await r.text()]
  },
})

export const responseStaticCases: Case[] = [
  json('an object', () => ({ a: [1, 'ä', null, undefined], b: undefined })),
  json('null', () => null),
  json('a text', () => 'x\ud800'),
  json('a number', () => Number.NaN),
  json('undefined', () => undefined),
  json('a function', () => () => {}),
  json('a symbol', () => Symbol('x')),
  json('a bigint', () => 5n),
  json('what has a toJSON', () => ({ toJSON: () => 'made' })),
  json('what has a toJSON that throws', () => ({
    toJSON: () => {
      throw new RangeError('x')
    },
  })),
  json('a circle', () => {
    const circle: unknown[] = []
    circle.push(circle)
    return circle
  }),
  json(
    'an object with init',
    () => ({}),
    () => ({ status: 201, statusText: 'Made', headers: { a: 'b' } }),
  ),
  json(
    'an object with a type',
    () => ({}),
    () => ({ headers: { 'Content-Type': 'application/problem+json' } }),
  ),
  json(
    'an object with status 204',
    () => ({}),
    () => ({ status: 204 }),
  ),
  json(
    'an object with status 304',
    () => ({}),
    () => ({ status: 304 }),
  ),
  json(
    'an object with a bad status',
    () => ({}),
    () => ({ status: 99 }),
  ),
  json(
    'undefined with a bad status',
    () => undefined,
    () => ({ status: 99 }),
  ),
  json(
    'an object with null',
    () => ({}),
    () => null,
  ),
  json(
    'an object with a number',
    () => ({}),
    () => 5,
  ),
  {
    name: 'Response.json without an argument',
    run: ({ Response }) => Reflect.apply(Response.json, Response, []) as unknown,
  },
  {
    name: 'Response.json, its json and clone',
    run: async ({ Response }) => {
      const r = Response.json({ a: 1 })
      const copy = r.clone()
      return [await r.json(), await copy.json(), r.bodyUsed]
    },
  },
  {
    name: 'Response.json taken off its class',
    run: async ({ Response }) => {
      const { json: take } = Response
      return take(1).text()
    },
  },
  {
    name: 'Response.error',
    run: ({ Response }) => {
      const r = Response.error()
      return [describe(r), r.body, r instanceof Response, attempt(() => r.headers.set('a', 'b'))]
    },
  },
  {
    name: 'Response.error cloned',
    run: ({ Response }) => {
      const r = Response.error().clone()
      return [r.status, r.type]
    },
  },
  ...[undefined, 301, 302, 303, 307, 308, 200, 300, 304, 0, Number.NaN].map(
    (code): Case => ({
      name: `Response.redirect with ${code}`,
      run: ({ Response }) => {
        const r = Response.redirect('http://h/a b?c', code)
        return [describe(r), r.body, r instanceof Response]
      },
    }),
  ),
  {
    name: 'Response.redirect with a URL',
    run: ({ Response }) => [...Response.redirect(new URL('http://h/x')).headers],
  },
  { name: 'Response.redirect with no URL', run: ({ Response }) => Response.redirect('http://[') },
  { name: 'Response.redirect with a path', run: ({ Response }) => attempt(() => Response.redirect('/x').status) },
  {
    name: 'Response.redirect without an argument',
    run: ({ Response }) => Reflect.apply(Response.redirect, Response, []) as unknown,
  },
  {
    name: 'Response.redirect has headers that may not be changed',
    run: ({ Response }) => {
      const r = Response.redirect('http://h/')
      return [attempt(() => r.headers.set('a', 'b')), [...r.headers]]
    },
  },
  {
    name: 'Response.redirect, wrapped, has headers that may',
    run: ({ Response }) => {
      const r = Response.redirect('http://h/')
      const mine = new Response(r.body, r)
      mine.headers.set('a', 'b')
      return describe(mine)
    },
  },
]
