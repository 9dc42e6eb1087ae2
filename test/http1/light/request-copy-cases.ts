/** Requests made from requests, and responses made from them. */
import { type Case, natives } from './kit.ts'
import { attempt, outcome } from './observe.ts'
import { describe, gone, typical } from './request-samples.ts'

/** A body for a request other than GET. */
const replacement = { body: 'mine' }

export const requestCopyCases: Case[] = [
  {
    name: 'new Request of a request has all of it',
    run: async ({ request, Request }) => {
      const r = request(typical)
      const mine = new Request(r)
      return [describe(mine), await mine.text()]
    },
  },
  {
    name: 'new Request of a request takes the body over',
    run: async ({ request, Request }) => {
      const r = request(typical)
      const mine = new Request(r)
      const seen = [r.bodyUsed, r.body?.locked, await outcome(async () => r.text())]
      return [seen, await mine.text(), r.bodyUsed]
    },
  },
  {
    name: 'new Request of a request whose body came in parts',
    run: async ({ request, Request }) => {
      const r = request({ ...typical, form: 'parts' })
      const mine = new Request(r)
      return [await mine.text(), r.bodyUsed, mine.bodyUsed]
    },
  },
  {
    name: 'new Request of a used request',
    run: async ({ request, Request }) => {
      const r = request(typical)
      await r.text()
      return new Request(r).method
    },
  },
  {
    name: 'new Request of a locked request',
    run: ({ request, Request }) => {
      const r = request(typical)
      r.body?.getReader()
      return new Request(r).method
    },
  },
  {
    name: 'new Request of a used request with a body of its own',
    run: async ({ request, Request }) => {
      const r = request(typical)
      await r.text()
      return new Request(r, replacement).text()
    },
  },
  {
    name: 'new Request with another method',
    run: async ({ request, Request }) => {
      const mine = new Request(request(typical), { method: 'PUT' })
      return [describe(mine), await mine.text()]
    },
  },
  {
    name: 'new Request with another body',
    run: async ({ request, Request }) => {
      const r = request(typical)
      const mine = new Request(r, replacement)
      return [describe(mine), await mine.text(), r.bodyUsed]
    },
  },
  {
    name: 'new Request with other headers',
    run: ({ request, Request }) => describe(new Request(request(typical), { headers: { a: 'b' } })),
  },
  {
    name: 'new Request as GET of a POST',
    run: ({ request, Request }) => describe(new Request(request(typical), { method: 'GET' })),
  },
  {
    name: 'new Request of a GET',
    run: ({ request, Request }) => {
      const mine = new Request(request())
      return [describe(mine), mine.body]
    },
  },
  {
    name: 'new Request with a signal',
    run: (kit) => {
      const r = kit.request()
      const controller = new AbortController()
      const mine = new kit.Request(r, { signal: controller.signal })
      kit.abort(r, gone)
      const seen = mine.signal.aborted
      controller.abort()
      return [seen, mine.signal.aborted]
    },
  },
  {
    name: 'new Request of a URL with a request as init',
    run: async ({ request, Request }) => {
      const r = request(typical)
      const mine = new Request('http://other.test/x', r)
      return [describe(mine), await mine.text(), r.bodyUsed]
    },
  },
  {
    name: 'new Request of a URL with a GET as init',
    run: ({ request, Request }) => describe(new Request('http://other.test/x', request({ fields: [['x', 'y']] }))),
  },
  {
    name: 'new Request of parts of a request',
    run: async ({ request, Request }) => {
      const r = request(typical)
      const init = { method: r.method, headers: r.headers, body: r.body, signal: r.signal, duplex: 'half' }
      const mine = new Request('http://o/', init)
      return [describe(mine), await mine.text(), r.bodyUsed]
    },
  },
  {
    name: 'new Request of a request and undefined',
    run: ({ request, Request }) => describe(new Request(request(), undefined)),
  },
  {
    name: 'new Request of a request and null',
    run: ({ request, Request }) => describe(new Request(request(), null as unknown as RequestInit)),
  },
  {
    name: 'new Request of a URL, a text and nothing',
    run: ({ Request }) => [
      new Request(new URL('http://h/x')).url,
      new Request('http://h').url,
      attempt(() => new Request('/x').url),
      attempt(() => new Request('http://[').url),
      attempt(() => Reflect.construct(Request, [])),
    ],
  },
  {
    name: 'new Request keeps the headers of a request its own',
    run: ({ request, Request }) => {
      const r = request(typical)
      const mine = new Request(r)
      mine.headers.set('accept', 'z')
      return r.headers.get('accept')
    },
  },
  {
    name: 'a clone has all of it',
    run: async ({ request }) => {
      const r = request(typical)
      const copy = r.clone()
      return [describe(copy), await copy.json(), (await r.blob()).type]
    },
  },
  {
    name: 'a clone is a Request',
    run: ({ request, Request }) => {
      const copy = request(typical).clone()
      return [copy instanceof Request, copy instanceof natives.Request, Object.prototype.toString.call(copy)]
    },
  },
  {
    name: 'the blob of a clone has the type',
    run: async ({ request }) => (await request(typical).clone().blob()).type,
  },
  {
    name: 'a Response of the body',
    run: async ({ request, Response }) => {
      const r = request(typical)
      const response = new Response(r.body, { headers: { 'content-type': 'a/b' } })
      return [await response.text(), r.bodyUsed]
    },
  },
  {
    name: 'a Response of the headers',
    run: ({ request, Response }) => [...new Response(null, { headers: request(typical).headers }).headers],
  },
  {
    name: 'a Proxy around a request does not work inside',
    run: ({ request }) => attempt(() => new Proxy(request(), {}).method),
  },
  {
    name: 'a Proxy that binds',
    run: async ({ request }) => {
      const r = request(typical)
      const proxy = new Proxy(r, {
        get: (target, key) => {
          const value: unknown = Reflect.get(target, key, target)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        },
      })
      return [proxy.method, proxy.headers.get('accept'), await proxy.json(), proxy instanceof natives.Request]
    },
  },
]
