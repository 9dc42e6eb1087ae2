/** The shape of `Headers` objects, and the platform functions that accept them. */
import { inspect } from 'node:util'
import { all, cookies, type FieldsCase, usual } from './fields-samples.ts'
import { natives } from './kit.ts'
import { attempt, outcome } from './observe.ts'

export const shapeCases: FieldsCase[] = [
  {
    name: 'toString',
    pairs: usual,
    run: (h) => [Object.prototype.toString.call(h), Reflect.get(h, Symbol.toStringTag)],
  },
  {
    name: 'instanceof and constructor',
    pairs: usual,
    run: (h) => [
      h instanceof natives.Headers,
      h instanceof Object,
      h.constructor === natives.Headers,
      h.constructor.name,
    ],
  },
  {
    name: 'JSON and spread show nothing',
    pairs: usual,
    run: (h) => [JSON.stringify(h), Object.assign({}, h), Object.keys(h), Object.entries(h)],
  },
  {
    name: 'for in names its members',
    pairs: usual,
    run: (h) => {
      const names = []
      for (const name in h) names.push(name)
      return names.toSorted()
    },
  },
  {
    name: 'each member is there and of its kind',
    pairs: usual,
    run: (h) =>
      Reflect.ownKeys(natives.Headers.prototype).map((key) => [String(key), key in h, typeof h[key as keyof Headers]]),
  },
  {
    name: 'each member is as enumerable as it should be',
    pairs: usual,
    run: (h) => Reflect.ownKeys(natives.Headers.prototype).map((key) => [String(key), isEnumerable(h, key)]),
  },
  { name: 'entries is the iterator', pairs: usual, run: (h) => h.entries === h[Symbol.iterator] },
  {
    name: 'members have names and lengths',
    pairs: usual,
    run: (h) =>
      (['get', 'has', 'set', 'append', 'delete', 'forEach', 'keys', 'getSetCookie'] as const).map((key) => [
        h[key].name,
        h[key].length,
      ]),
  },
  {
    name: 'a member called on something else',
    pairs: usual,
    run: (h) => (['get', 'has', 'delete'] as const).map((key) => attempt(() => Reflect.apply(h[key], {}, ['x']))),
  },
  { name: 'structuredClone', pairs: usual, run: (h) => JSON.stringify(structuredClone(h)) },
  {
    name: 'inspect shows the class and the fields',
    pairs: usual,
    run: (h) => [inspect(h).startsWith('Headers '), inspect(h).includes('text/plain')],
  },
  {
    name: 'inspect in something else',
    pairs: usual,
    run: (h) => /Headers/.test(inspect({ headers: h }, { depth: 0 })),
  },
  {
    name: 'own properties may be added',
    pairs: usual,
    run: (h) => {
      Object.assign(h, { mine: 1 })
      return [Object.keys(h), all(h).length]
    },
  },
]

export const passingCases: FieldsCase[] = [
  { name: 'native Headers take them', pairs: [...usual, ...cookies], run: (h) => all(new natives.Headers(h)) },
  {
    name: 'Headers take them',
    pairs: [...usual, ...cookies],
    run: (h, kit) => [all(kit.headers(h)), kit.headers(h).getSetCookie()],
  },
  {
    name: 'copies are apart',
    pairs: usual,
    run: (h, kit) => {
      const copy = kit.headers(h)
      copy.set('x-many', 'new')
      h.delete('accept')
      return [all(h), all(copy)]
    },
  },
  { name: 'Headers take their spread', pairs: cookies, run: (h, kit) => all(kit.headers([...h])) },
  { name: 'Headers take them as a record', pairs: usual, run: (h, kit) => all(kit.headers(Object.fromEntries(h))) },
  {
    name: 'a native Request takes them',
    pairs: [...usual, ...cookies],
    run: (h) => all(new natives.Request('http://h/', { headers: h }).headers),
  },
  {
    name: 'a native Response takes them',
    pairs: [...usual, ...cookies],
    run: (h) => all(new natives.Response('x', { headers: h }).headers),
  },
  {
    name: 'a Request takes them',
    pairs: [...usual, ...cookies],
    run: (h, kit) => all(new kit.Request('http://h/', { headers: h }).headers),
  },
  {
    name: 'a Response takes them',
    pairs: [...usual, ...cookies],
    run: (h, kit) => [
      all(new kit.Response('x', { headers: h }).headers),
      new kit.Response(null, { headers: h }).headers.getSetCookie(),
    ],
  },
  {
    name: 'Response.json takes them',
    pairs: [
      ['x', 'y'],
      ['content-type', 'a/b'],
    ],
    run: (h, kit) => all(kit.Response.json(1, { headers: h }).headers),
  },
  {
    name: 'fetch sends them',
    pairs: [
      ['x-a', '1'],
      ['X-B', '2'],
      ['x-a', '3'],
    ],
    run: (h, kit) => outcome(async () => (await kit.fetch(`http://${kit.echo}/`, { headers: h })).json()),
  },
]

function isEnumerable(object: object, key: PropertyKey): boolean {
  for (let holder: object | null = object; holder !== null; holder = Object.getPrototypeOf(holder) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key)
    if (descriptor) return descriptor.enumerable === true
  }
  return false
}
