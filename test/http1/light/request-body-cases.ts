/** Bodies of requests of each kind, in each form that they come in. */
import { readers, readings } from './body-cases.ts'
import type { BodyForm, Case, Kit, RequestPlan } from './kit.ts'
import { outcome } from './observe.ts'

const form =
  '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\nä\r\n--b\r\ncontent-disposition: form-data; name="f"; filename="n.txt"\r\ncontent-type: text/x\r\n\r\ncontent\r\n--b--\r\n'

const bodies: Readonly<Record<string, RequestPlan>> = {
  JSON: { method: 'POST', fields: [['Content-Type', 'application/json']], body: '{"a":"ä😀"}' },
  'a form': { method: 'POST', fields: [['Content-Type', 'multipart/form-data; boundary=b']], body: form },
}

const others: Readonly<Record<string, RequestPlan>> = {
  'an urlencoded form': {
    method: 'PUT',
    fields: [['content-type', 'application/x-www-form-urlencoded']],
    body: 'a=1&b=%C3%A4+x&a=2',
  },
  'a form that is cut': {
    method: 'POST',
    fields: [['content-type', 'multipart/form-data; boundary=b']],
    body: form.slice(0, 90),
  },
  'a form without a boundary': { method: 'POST', fields: [['content-type', 'multipart/form-data']], body: form },
  nothing: { method: 'POST', fields: [['content-type', 'a/b']], body: '' },
  'no JSON': { method: 'PATCH', body: '{"a":' },
  'a mark': { method: 'POST', body: '\ufeff{"a":1}' },
  'two marks': { method: 'POST', body: '\ufeff\ufeffx' },
  'bytes that are no UTF-8': { method: 'POST', body: Uint8Array.of(0x61, 0xff, 0xc3, 0x28) },
  'a DELETE': { method: 'DELETE', body: 'x' },
  'types that are several': {
    method: 'POST',
    fields: [
      ['content-type', 'a/b'],
      ['content-type', 'c/d'],
    ],
    body: 'x',
  },
}

export const forms: BodyForm[] = ['text', 'bytes', 'pooled bytes', 'parts']

const bodyCases = forms.flatMap((form): Case[] => [
  ...Object.entries(bodies).flatMap(([kind, plan]) =>
    readings.map((reading) => ({
      name: `a request of ${kind} that came as ${form}: ${reading.name}`,
      run: (kit: Kit) => reading.run(() => kit.request({ ...plan, form })),
    })),
  ),
  ...Object.entries(others).flatMap(([kind, plan]) =>
    Object.entries(readers).map(([name, read]) => ({
      name: `a request of ${kind} that came as ${form}: ${name}`,
      run: (kit: Kit) => read(kit.request({ ...plan, form })),
    })),
  ),
])

const withoutBody: Case[] = [
  ...readings.map((reading) => ({
    name: `a request without a body: ${reading.name}`,
    run: (kit: Kit) => reading.run(() => kit.request()),
  })),
  {
    name: 'a POST without a body',
    run: ({ request }) => {
      const r = request({ method: 'POST' })
      return [r.body, r.bodyUsed]
    },
  },
]

const broken: Case[] = Object.entries(readers).map(([name, read]) => ({
  name: `a request whose body breaks off: ${name}`,
  run: async (kit) => {
    const r = kit.request({ method: 'POST', body: 'abc', form: 'parts', failure: new RangeError('broken') })
    return [await outcome(async () => read(r)), r.bodyUsed, await outcome(async () => r.text())]
  },
}))

export const requestBodyCases: Case[] = [...bodyCases, ...withoutBody, ...broken]
