/** The shape of a Response object. */
import { inspect } from 'node:util'
import { type Case, type Kit, natives } from './kit.ts'
import { memberCases, members } from './member-cases.ts'
import { attempt } from './observe.ts'
import { describe } from './response-samples.ts'

class More extends natives.Response {}

const kinds: Case[] = [
  {
    name: 'a Response is one',
    run: ({ Response }) => {
      const r = new Response()
      return [
        r instanceof Response,
        r instanceof natives.Response,
        r instanceof Object,
        r.constructor === globalThis.Response,
        r.constructor.name,
      ]
    },
  },
  {
    name: 'a native Response is one',
    run: ({ Response }) => {
      const r = new natives.Response()
      return [r instanceof Response, r instanceof natives.Response, r.constructor === globalThis.Response]
    },
  },
  {
    name: 'other values are not instances',
    run: ({ Response, Request }) =>
      [
        {},
        null,
        undefined,
        5,
        'x',
        new natives.Headers(),
        new natives.Request('http://h/'),
        Object.create(null),
        () => {},
      ].map((value) => [(value as unknown) instanceof Response, (value as unknown) instanceof Request]),
  },
  { name: 'the prototype is one', run: ({ Response }) => Object.create(Response.prototype) instanceof Response },
  {
    name: 'the class has a name and a length',
    run: ({ Response }) => [Response.name, Response.length, Object.prototype.toString.call(Response)],
  },
  {
    name: 'the class of a native one that is extended',
    run: ({ Response }) => [
      new More() instanceof Response,
      new natives.Response() instanceof More,
      new Response() instanceof More,
    ],
  },
  {
    name: 'a class that extends it',
    run: async ({ Response }) => {
      class Mine extends Response {
        get mine() {
          return `${this.status}`
        }
        override get ok() {
          return false
        }
      }
      const r = new Mine('text', { status: 201 })
      return [
        r.mine,
        r.ok,
        r instanceof Mine,
        r instanceof Response,
        new Response() instanceof Mine,
        r.constructor.name,
        describe(r),
        await r.text(),
      ]
    },
  },
  {
    name: 'the statics and the clone of a class that extends it',
    run: ({ Response }) => {
      class Mine extends Response {}
      return [
        Mine.json(1) instanceof Mine,
        Mine.error() instanceof Mine,
        Mine.json(1) instanceof Response,
        new Mine().clone() instanceof Mine,
      ]
    },
  },
  {
    name: 'a member put on the prototype shows',
    run: ({ Response }) => {
      Object.defineProperty(Response.prototype, 'added', { value: 5, configurable: true })
      const seen = Reflect.get(new Response(), 'added') as unknown
      Reflect.deleteProperty(Response.prototype, 'added')
      return seen
    },
  },
  {
    name: 'an object with its prototype is not an instance inside',
    run: ({ Response }) => {
      const r = Object.create(Response.prototype) as Response
      return [attempt(() => r.status), attempt(() => r.headers), attempt(() => r.body), attempt(() => r.clone())]
    },
  },
  {
    name: 'inspect shows the class and the status',
    run: ({ Response }) => {
      const text = inspect(new Response('x', { status: 404, headers: { a: 'b' } }))
      return [text.startsWith('Response '), text.includes('404'), text.includes("'b'") || text.includes('"b"')]
    },
  },
  {
    name: 'inspect leaves the body',
    run: async ({ Response }) => {
      const r = new Response('x')
      inspect(r)
      return [r.bodyUsed, await r.text(), inspect(r).length > 0]
    },
  },
  {
    name: 'inspect of a used Response',
    run: async ({ Response }) => {
      const r = new Response('x')
      await r.text()
      return inspect(r).startsWith('Response ')
    },
  },
  {
    name: 'inspect of a Response of status 204',
    run: ({ Response }) => inspect(new Response(null, { status: 204 })).startsWith('Response '),
  },
]

const sample = (kit: Kit) => new kit.Response('x', { status: 404, headers: { a: 'b' } })

export const responseShapeCases: Case[] = [
  ...kinds,
  ...memberCases('a Response', natives.Response.prototype, sample, members.response),
]
