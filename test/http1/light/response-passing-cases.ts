/** Bodies that are handed on, shared, changed afterwards, or fail. */
import type { Case } from './kit.ts'
import { attempt, outcome } from './observe.ts'
import { describe } from './response-samples.ts'

const stream = (text: string) => new Blob([text]).stream()

export const responsePassingCases: Case[] = [
  {
    name: 'a Response wrapped: new Response(r.body, r)',
    run: async ({ Response }) => {
      const r = new Response('text', { status: 201, headers: { a: 'b' } })
      const mine = new Response(r.body, r)
      return [describe(mine), await mine.text(), r.bodyUsed]
    },
  },
  {
    name: 'a wrapped Response of bytes',
    run: async ({ Response }) => {
      const r = new Response(Uint8Array.of(97))
      const mine = new Response(r.body, { headers: r.headers })
      return [describe(mine), await mine.text(), r.bodyUsed]
    },
  },
  {
    name: 'a wrapped Response locks the first',
    run: ({ Response }) => {
      const r = new Response('x')
      const mine = new Response(r.body, r)
      return [r.bodyUsed, r.body?.locked, mine.body === r.body]
    },
  },
  {
    name: 'new Response(null, r)',
    run: ({ Response }) => describe(new Response(null, new Response('x', { status: 404 }))),
  },
  {
    name: 'new Response of a used stream',
    run: async ({ Response }) => {
      const r = new Response('x')
      const { body } = r
      await r.text()
      return new Response(body).status
    },
  },
  {
    name: 'new Response of a locked stream',
    run: ({ Response }) => {
      const body = stream('x')
      body.getReader()
      return new Response(body).status
    },
  },
  {
    name: 'new Response of a stream that was read in part',
    run: async ({ Response }) => {
      const body = stream('x')
      const reader = body.getReader()
      await reader.read()
      reader.releaseLock()
      return new Response(body).status
    },
  },
  {
    name: 'a stream given is the body',
    run: ({ Response }) => {
      const body = stream('x')
      return new Response(body).body === body
    },
  },
  {
    name: 'a stream that is locked later',
    run: async ({ Response }) => {
      const body = stream('x')
      const r = new Response(body)
      body.getReader()
      return [r.bodyUsed, await outcome(async () => r.text())]
    },
  },
  {
    name: 'a stream is cancelled by way of the Response',
    run: async ({ Response }) => {
      let reason: unknown
      const r = new Response(
        new ReadableStream({
          cancel: (given) => {
            reason = given
          },
        }),
      )
      await r.body?.cancel('gone')
      return [reason, r.bodyUsed]
    },
  },
  {
    name: 'a stream is not pulled before it is read',
    run: async ({ Response }) => {
      let pulls = 0
      const r = new Response(
        new ReadableStream(
          {
            pull: (c) => {
              pulls += 1
              c.close()
            },
          },
          { highWaterMark: 0 },
        ),
      )
      const before = pulls
      await r.text()
      return [before, pulls]
    },
  },
  {
    name: 'a stream that fails fails its readers',
    run: async ({ Response }) => {
      const r = new Response(new ReadableStream({ pull: (c) => c.error(new RangeError('x')) }))
      return [await outcome(async () => r.text()), r.bodyUsed, await outcome(async () => r.bytes())]
    },
  },
  {
    name: 'a stream that fails fails both clones',
    run: async ({ Response }) => {
      const r = new Response(new ReadableStream({ pull: (c) => c.error(new RangeError('x')) }))
      const copy = r.clone()
      return [await outcome(async () => r.text()), await outcome(async () => copy.text())]
    },
  },
  {
    name: 'a byte stream is read with a reader of its own buffer',
    run: async ({ Response }) => {
      const r = new Response('text')
      return attempt(() => r.body?.getReader({ mode: 'byob' }).constructor.name)
    },
  },
  {
    name: 'bytes that change afterwards do not change the Response',
    run: async ({ Response }) => {
      const body = Uint8Array.of(97, 98)
      const r = new Response(body)
      body[0] = 120
      return r.text()
    },
  },
  {
    name: 'an ArrayBuffer that changes afterwards does not',
    run: async ({ Response }) => {
      const body = Uint8Array.of(97, 98)
      const r = new Response(body.buffer)
      body[0] = 120
      return r.text()
    },
  },
  {
    name: 'a DataView that changes afterwards does not',
    run: async ({ Response }) => {
      const body = Uint8Array.of(97, 98)
      const r = new Response(new DataView(body.buffer, 1))
      body[1] = 120
      return r.text()
    },
  },
  {
    name: 'a buffer that is transferred afterwards does not',
    run: async ({ Response }) => {
      const body = Uint8Array.of(97, 98)
      const r = new Response(body)
      structuredClone(body.buffer, { transfer: [body.buffer] })
      return r.text()
    },
  },
  {
    name: 'a search that changes afterwards does not',
    run: async ({ Response }) => {
      const body = new URLSearchParams('a=1')
      const r = new Response(body)
      body.set('a', '2')
      return r.text()
    },
  },
  {
    name: 'a form that changes afterwards does not',
    run: async ({ Response }) => {
      const body = new FormData()
      body.set('a', '1')
      const r = new Response(body)
      body.set('a', '2')
      return (await r.formData()).get('a')
    },
  },
  {
    name: 'a chunk that changes does not change a clone',
    run: async ({ Response }) => {
      const r = new Response('text')
      const copy = r.clone()
      const reader = r.body?.getReader()
      ;(await reader?.read())?.value?.fill(120)
      return copy.text()
    },
  },
  {
    name: 'clones of one that is cloned, of bytes',
    run: async ({ Response }) => {
      const r = new Response(Uint8Array.of(97))
      const [a, b] = [r.clone(), r.clone()]
      return [await a.text(), await b.text(), await r.text()]
    },
  },
  {
    name: 'a clone has status, text and headers',
    run: ({ Response }) =>
      describe(new Response(null, { status: 404, statusText: 'Lost', headers: { a: 'b' } }).clone()),
  },
  {
    name: 'a clone of no body has none',
    run: ({ Response }) => [new Response().clone().body, new Response(null, { status: 204 }).clone().status],
  },
  {
    name: 'formData of urlencoded',
    run: async ({ Response }) => [
      ...(await new Response('a=1&b=%C3%A4+x&a=2', {
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' },
      }).formData()),
    ],
  },
  { name: 'formData of text', run: async ({ Response }) => new Response('a=1').formData() },
  { name: 'formData of no type', run: async ({ Response }) => new Response(Uint8Array.of(97)).formData() },
  {
    name: 'formData by a type that is set later',
    run: async ({ Response }) => {
      const r = new Response('a=1')
      r.headers.set('content-type', 'application/x-www-form-urlencoded')
      return [...(await r.formData())]
    },
  },
  {
    name: 'a blob by a type that is set later',
    run: async ({ Response }) => {
      const r = new Response('a=1')
      r.headers.set('content-type', 'a/b')
      return (await r.blob()).type
    },
  },
  {
    name: 'a blob of several types',
    run: async ({ Response }) => {
      const r = new Response('a')
      r.headers.append('content-type', 'a/b')
      return (await r.blob()).type
    },
  },
  {
    name: 'a blob of an invalid type',
    run: async ({ Response }) => (await new Response('a', { headers: { 'content-type': 'x' } }).blob()).type,
  },
]
