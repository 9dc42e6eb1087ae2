/** The shape of a Request object. */
import { inspect } from 'node:util'
import { type Case, natives } from './kit.ts'
import { memberCases, members } from './member-cases.ts'
import { describe, typical } from './request-samples.ts'

const kinds: Case[] = [
  {
    name: 'a request is a Request',
    run: ({ request, Request }) => {
      const r = request()
      return [
        r instanceof Request,
        r instanceof natives.Request,
        r instanceof Object,
        r.constructor === globalThis.Request,
        r.constructor.name,
      ]
    },
  },
  {
    name: 'a native Request is a Request',
    run: ({ Request }) => {
      const r = new natives.Request('http://h/')
      return [r instanceof Request, r instanceof natives.Request, r.constructor === globalThis.Request]
    },
  },
  {
    name: 'a Request that is made is one',
    run: ({ Request }) => {
      const r = new Request('http://h/')
      return [
        r instanceof Request,
        r instanceof natives.Request,
        r.constructor === globalThis.Request,
        r.constructor.name,
        Object.prototype.toString.call(r),
      ]
    },
  },
  {
    name: 'a class that extends Request',
    run: ({ request, Request }) => {
      class Mine extends Request {
        get mine() {
          return this.method.length
        }
      }
      const r = new Mine(request(typical), { method: 'PUT' })
      return [
        r.mine,
        r instanceof Mine,
        r instanceof Request,
        r instanceof natives.Request,
        request() instanceof Mine,
        r.constructor.name,
        describe(r),
      ]
    },
  },
  { name: 'the class Request has a name and a length', run: ({ Request }) => [Request.name, Request.length] },
  {
    name: 'Request called without new',
    run: ({ Request }) => Reflect.apply(Request as unknown as () => void, undefined, ['http://h/']) as unknown,
  },
  {
    name: 'a member put on the prototype of Request shows',
    run: ({ request, Request }) => {
      Object.defineProperty(Request.prototype, 'added', { value: 5, configurable: true })
      const seen = [
        Reflect.get(request(), 'added') as unknown,
        Reflect.get(new Request('http://h/'), 'added') as unknown,
      ]
      Reflect.deleteProperty(Request.prototype, 'added')
      return seen
    },
  },
  {
    name: 'inspect shows class, method and URL of a request',
    run: ({ request }) => {
      const text = inspect(request(typical))
      return [text.startsWith('Request '), text.includes('POST'), text.includes('host.test/path?query')]
    },
  },
  {
    name: 'inspect shows the headers of a request',
    run: ({ request }) => inspect(request({ fields: [['x-shown', 'y']] }), { depth: 5 }).includes('x-shown'),
  },
  {
    name: 'inspect leaves the body of a request',
    run: async ({ request }) => {
      const r = request(typical)
      inspect(r)
      return [r.bodyUsed, await r.text(), inspect(r).length > 0]
    },
  },
]

export const requestShapeCases: Case[] = [
  ...kinds,
  ...memberCases('a request', natives.Request.prototype, (kit) => kit.request(typical), members.request),
]
