/** Fields of requests, and signals that abort when the client has gone. */
import type { Case } from './kit.ts'
import { attempt, isSteady, outcome } from './observe.ts'
import { describe, gone, typical } from './request-samples.ts'

export const requestFieldsCases: Case[] = [
  { name: 'the fields of a request', run: ({ request }) => describe(request(typical)) },
  {
    name: 'the headers of a request are the same each time',
    run: ({ request }) => {
      const r = request(typical)
      return isSteady(() => r.headers)
    },
  },
  {
    name: 'the headers of a request may be changed',
    run: ({ request }) => {
      const r = request(typical)
      r.headers.set('accept', 'b')
      r.headers.append('New', 'x')
      r.headers.delete('x-many')
      return describe(r)
    },
  },
  {
    name: 'changes of headers show in a clone made later, and not in one made before',
    run: ({ request }) => {
      const r = request(typical)
      const before = r.clone()
      r.headers.set('accept', 'b')
      const after = r.clone()
      after.headers.set('x-many', 'z')
      return [describe(before), describe(r), describe(after)]
    },
  },
  {
    name: 'requests with the same fields do not share changes',
    run: ({ request }) => {
      const [a, b] = [request(typical), request(typical)]
      a.headers.set('accept', 'z')
      return [describe(a), describe(b)]
    },
  },
  {
    name: 'hop-by-hop fields are shown',
    run: ({ request }) => [
      ...request({
        fields: [
          ['Connection', 'close'],
          ['TE', 'trailers'],
          ['Upgrade', 'x'],
          ['Expect', '100-continue'],
          ['Content-Length', '0'],
        ],
      }).headers,
    ],
  },
  {
    name: 'a referer, an origin and a cookie are shown',
    run: ({ request }) => [
      ...request({
        fields: [
          ['Referer', 'http://r/'],
          ['Origin', 'http://o'],
          ['Cookie', 'a=1'],
          ['Sec-Fetch-Mode', 'cors'],
        ],
      }).headers,
    ],
  },
]

export const requestSignalCases: Case[] = [
  {
    name: 'the signal of a request is the same each time',
    run: ({ request }) => {
      const r = request()
      return [isSteady(() => r.signal), r.signal instanceof AbortSignal, r.signal.aborted, r.signal.reason]
    },
  },
  {
    name: 'the signal is aborted when it was looked at before',
    run: (kit) => {
      const r = kit.request()
      const { signal } = r
      let events = 0
      signal.addEventListener('abort', () => {
        events += 1
      })
      kit.abort(r, gone)
      return [signal.aborted, signal.reason === gone, events, signal === r.signal]
    },
  },
  {
    name: 'the signal is aborted when it was not looked at before',
    run: (kit) => {
      const r = kit.request()
      kit.abort(r, gone)
      return [r.signal.aborted, r.signal.reason === gone, attempt(() => r.signal.throwIfAborted())]
    },
  },
  {
    name: 'the signal is aborted once',
    run: (kit) => {
      const r = kit.request()
      let events = 0
      r.signal.addEventListener('abort', () => {
        events += 1
      })
      kit.abort(r, gone)
      kit.abort(r, new TypeError('again'))
      return [events, r.signal.reason === gone]
    },
  },
  {
    name: 'the signal is aborted once, though looked at later',
    run: (kit) => {
      const r = kit.request()
      kit.abort(r, gone)
      kit.abort(r, new TypeError('again'))
      return r.signal.reason === gone
    },
  },
  {
    name: 'onabort is called',
    run: (kit) => {
      const r = kit.request()
      let type = ''
      r.signal.onabort = (event) => {
        type = event.type
      }
      kit.abort(r, gone)
      return type
    },
  },
  {
    name: 'the signal of a clone follows',
    run: (kit) => {
      const r = kit.request()
      const copy = r.clone()
      kit.abort(r, gone)
      return [copy.signal.aborted, copy.signal.reason === gone, copy.signal === r.signal]
    },
  },
  {
    name: 'the signal of a clone of an aborted one',
    run: (kit) => {
      const r = kit.request()
      kit.abort(r, gone)
      return r.clone().signal.aborted
    },
  },
  {
    name: 'the signal of a request made from it follows',
    run: (kit) => {
      const r = kit.request()
      const mine = new kit.Request(r)
      kit.abort(r, gone)
      return [mine.signal.aborted, mine.signal.reason === gone]
    },
  },
  {
    name: 'the signal of a request made from an aborted one',
    run: (kit) => {
      const r = kit.request()
      kit.abort(r, gone)
      return new kit.Request(r).signal.aborted
    },
  },
  {
    name: 'AbortSignal.any takes the signal',
    run: (kit) => {
      const r = kit.request()
      const any = AbortSignal.any([r.signal, new AbortController().signal])
      kit.abort(r, gone)
      return any.reason === gone
    },
  },
  {
    name: 'an abort leaves the body',
    run: async (kit) => {
      const r = kit.request(typical)
      kit.abort(r, gone)
      return outcome(async () => r.text())
    },
  },
]
