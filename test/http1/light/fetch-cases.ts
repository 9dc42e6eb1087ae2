/** Requests that are sent on, to a real server. */
import type { Case, Kit, RequestPlan } from './kit.ts'
import { outcome } from './observe.ts'
import { forms } from './request-body-cases.ts'
import { gone } from './request-samples.ts'

interface Sent {
  fetch: typeof fetch
  r: Request
  kit: Kit
}

const sending = (name: string, plan: RequestPlan, send: (sent: Sent) => Promise<Response>): Case => ({
  name: `fetch of ${name}`,
  run: async (kit) => {
    const r = kit.request({ ...plan, host: kit.echo })
    const { fetch } = kit
    const response = await outcome(async () => (await send({ fetch, r, kit })).json())
    return [response, r.bodyUsed]
  },
})

const fieldsToSend: RequestPlan = {
  fields: [
    ['X-A', '1'],
    ['x-b', '2'],
    ['x-a', '3'],
  ],
}

const posted: RequestPlan = { ...fieldsToSend, method: 'POST', target: '/p?q', body: 'content' }

export const fetchCases: Case[] = [
  sending('a GET', { ...fieldsToSend, target: '/a/../b?c' }, ({ fetch, r }) => fetch(r)),
  ...forms.map((form) => sending(`a POST that came as ${form}`, { ...posted, form }, ({ fetch, r }) => fetch(r))),
  sending('a POST with a length', { ...posted, fields: [['content-length', '7']] }, ({ fetch, r }) => fetch(r)),
  sending('a clone', posted, ({ fetch, r }) => fetch(r.clone())),
  sending('a request made from it', posted, ({ fetch, r, kit }) => fetch(new kit.Request(r))),
  sending('a request with init', posted, ({ fetch, r }) => fetch(r, { method: 'PUT', headers: { 'x-c': 'd' } })),
  sending('a URL with a request as init', posted, ({ fetch, r, kit }) => fetch(`http://${kit.echo}/other`, r)),
  sending('a URL with a GET as init', fieldsToSend, ({ fetch, r, kit }) => fetch(`http://${kit.echo}/other`, r)),
  sending('a URL with parts of a request', posted, ({ fetch, r, kit }) =>
    fetch(`http://${kit.echo}/o`, {
      method: r.method,
      headers: { 'x-a': r.headers.get('x-a') ?? '' },
      body: r.body,
      duplex: 'half',
    } as RequestInit),
  ),
  sending('a used request', posted, async ({ fetch, r }) => {
    await r.text()
    return fetch(r)
  }),
  sending('an aborted request', posted, ({ fetch, r, kit }) => {
    kit.abort(r, gone)
    return fetch(r)
  }),
  sending('a request that is aborted then', posted, ({ fetch, r, kit }) => {
    const response = fetch(r)
    kit.abort(r, gone)
    return response
  }),
  {
    name: 'fetch gives a Response',
    run: async (kit) => {
      const r = await kit.fetch(`http://${kit.echo}/`)
      const seen = [r instanceof kit.Response, r.constructor === globalThis.Response, r.type, r.url.endsWith('/')]
      await r.text()
      return seen
    },
  },
  {
    name: 'a response of fetch, wrapped',
    run: async (kit) => {
      const r = await kit.fetch(`http://${kit.echo}/x`)
      const mine = new kit.Response(r.body, r)
      mine.headers.set('a', 'b')
      return [mine.status, mine.headers.get('a'), mine.headers.get('content-type'), await mine.text()]
    },
  },
  { name: 'fetch without an argument', run: async (kit) => Reflect.apply(kit.fetch, undefined, []) as unknown },
  { name: 'fetch has a name and a length', run: (kit) => [kit.fetch.name, kit.fetch.length] },
  {
    name: 'fetch of a text that is no URL rejects',
    run: (kit) => {
      const promise = kit.fetch('http://[')
      return outcome(async () => promise)
    },
  },
]
