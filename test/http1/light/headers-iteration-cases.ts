/** Iteration over fields, also while they change. */
import { all, cookies, type FieldsCase, usual } from './fields-samples.ts'
import { attempt } from './observe.ts'

export const iterationCases: FieldsCase[] = [
  { name: 'keys, values and entries', pairs: cookies, run: (h) => [[...h.keys()], [...h.values()], [...h.entries()]] },
  {
    name: 'an iterator ends',
    pairs: [['a', '1']],
    run: (h) => {
      const it = h.entries()
      return [it.next(), it.next(), it.next()]
    },
  },
  {
    name: 'an iterator is its own iterable',
    pairs: usual,
    run: (h) => {
      const it = h.keys()
      return [it[Symbol.iterator]() === it, [...it].length]
    },
  },
  { name: 'an iterator has a tag', pairs: usual, run: (h) => Object.prototype.toString.call(h.entries()) },
  {
    name: 'an iterator continues after break',
    pairs: usual,
    run: (h) => {
      const it = h.keys()
      for (const _ of it) break
      return it.next()
    },
  },
  {
    name: 'an iterator continues after destructuring',
    pairs: usual,
    run: (h) => {
      const it = h.keys()
      const [first] = it
      return [first, [...it]]
    },
  },
  {
    name: 'an iterator has no return and no throw',
    pairs: usual,
    run: (h) => ['next' in h.keys(), 'return' in h.keys(), 'throw' in h.keys()],
  },
  {
    name: 'an iterator has iterator helpers',
    pairs: usual,
    run: (h) =>
      h
        .keys()
        .map((name) => name.length)
        .toArray(),
  },
  {
    name: 'an iterator sees what is added after its end',
    pairs: [['a', '1']],
    run: (h) => {
      const it = h.keys()
      const first = [...it]
      h.set('b', '2')
      return [first, it.next()]
    },
  },
  {
    name: 'iteration sees what is appended on the way',
    pairs: [
      ['a', '1'],
      ['c', '3'],
    ],
    run: (h) => {
      const seen = []
      for (const [name] of h) {
        seen.push(name)
        if (name === 'a') h.append('d', '4')
      }
      return seen
    },
  },
  {
    name: 'iteration sees what is put before it',
    pairs: [
      ['b', '1'],
      ['c', '3'],
    ],
    run: (h) => {
      const seen = []
      for (const [name] of h) {
        seen.push(name)
        if (seen.length === 1) h.append('a', '4')
      }
      return seen
    },
  },
  {
    name: 'iteration sees what is deleted on the way',
    pairs: usual,
    run: (h) => {
      const seen = []
      for (const [name] of h) {
        seen.push(name)
        h.delete(name)
      }
      return [seen, all(h)]
    },
  },
  {
    name: 'iteration sees values that change on the way',
    pairs: usual,
    run: (h) => {
      const seen = []
      for (const [name, value] of h) {
        seen.push(value)
        h.set('x-many', name)
      }
      return seen
    },
  },
  {
    name: 'iteration sees cookies that are added on the way',
    pairs: cookies,
    run: (h) => {
      const seen = []
      for (const [name, value] of h) {
        seen.push(value)
        if (name === 'b') h.append('set-cookie', 'z')
      }
      return seen
    },
  },
  {
    name: 'a pair may be changed without effect',
    pairs: usual,
    run: (h) => {
      for (const pair of h) pair[1] = 'x'
      return all(h)
    },
  },
  {
    name: 'forEach gives value, name and the headers',
    pairs: cookies,
    run: (h) => {
      const seen: unknown[] = []
      h.forEach((value, name, self) => {
        seen.push([value, name, self === h])
      })
      return seen
    },
  },
  {
    name: 'forEach with thisArg',
    pairs: [['a', '1']],
    run: (h) => {
      const self = { seen: '' }
      h.forEach(function see(this: typeof self, value) {
        this.seen += value
      }, self)
      return self
    },
  },
  {
    name: 'forEach without thisArg',
    pairs: [['a', '1']],
    run: (h) => {
      let isNothing = false
      h.forEach(function see(this: unknown) {
        isNothing = this === undefined || this === globalThis
      })
      return isNothing
    },
  },
  {
    name: 'forEach sees changes on the way',
    pairs: usual,
    run: (h) => {
      const seen: string[] = []
      h.forEach((_, name) => {
        seen.push(name)
        h.delete(name)
      })
      return seen
    },
  },
  {
    name: 'forEach returns nothing and passes errors on',
    pairs: usual,
    run: (h) => [
      Reflect.apply(h.forEach, h, [() => 5]),
      attempt(() =>
        h.forEach(() => {
          throw new RangeError('x')
        }),
      ),
    ],
  },
  {
    name: 'forEach without a function',
    pairs: [],
    run: (h) => [null, undefined, {}, 'x'].map((value) => attempt(() => h.forEach(value as () => void))),
  },
  { name: 'Object.fromEntries and Map', pairs: usual, run: (h) => [Object.fromEntries(h), [...new Map(h)]] },
  {
    name: 'destructuring',
    pairs: usual,
    run: (h) => {
      const [first, ...more] = h
      return [first, more.length]
    },
  },
]
