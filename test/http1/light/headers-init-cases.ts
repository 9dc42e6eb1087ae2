/** The inits that `Headers` accept and refuse. */
import { type Case, type Kit, natives } from './kit.ts'

function made(name: string, init: (kit: Kit) => unknown): Case[] {
  const seen = (headers: Headers) => [[...headers], headers.getSetCookie()]
  return [
    { name: `Headers made from ${name}`, run: (kit) => seen(kit.headers(init(kit))) },
    {
      name: `a Response with headers from ${name}`,
      run: (kit) => seen(new kit.Response(null, { headers: init(kit) as HeadersInit }).headers),
    },
  ]
}

export const headersInitCases: Case[] = [
  ...made('undefined', () => undefined),
  ...made('null', () => null),
  ...made('a string', () => 'a: b'),
  ...made('an empty string', () => ''),
  ...made('a number', () => 5),
  ...made('true', () => true),
  ...made('a symbol', () => Symbol('x')),
  ...made('a function', () => () => {}),
  ...made('an empty record', () => ({})),
  ...made('a record', () => ({ B: '2', a: '1' })),
  ...made('a record with names that differ by case', () => ({ A: '1', a: '2', 'Set-Cookie': 'x', 'set-cookie': 'y' })),
  ...made('a record of anything', () => ({ a: 1, b: null, c: undefined, d: [1, 2], e: { toString: () => 'x' } })),
  ...made('a record without a prototype', () => Object.assign(Object.create(null), { a: '1' })),
  ...made('a record that inherits', () => Object.create({ inherited: '1' })),
  ...made('a record with what is not enumerable', () => Object.defineProperty({ a: '1' }, 'b', { value: '2' })),
  ...made('a record with a symbol as name', () => ({ a: '1', [Symbol('x')]: 'y' })),
  ...made('a record with a symbol as value', () => ({ a: Symbol('x') })),
  ...made('a record with a bad name', () => ({ 'a b': '1' })),
  ...made('a record with an empty name', () => ({ '': '1' })),
  ...made('a record with a bad value', () => ({ a: 'x\r\nb: c' })),
  ...made('a record with a value beyond latin1', () => ({ a: 'ł' })),
  ...made('a record with values to trim', () => ({ a: ' \t1\r\n ' })),
  ...made('a record with a getter that throws', () => ({
    get a(): string {
      throw new RangeError('x')
    },
  })),
  ...made('an object with a toString', () => ({ toString: () => 'x' })),
  ...made('pairs', () => [
    ['B', '2'],
    ['a', '1'],
    ['b', '3'],
  ]),
  ...made('no pairs', () => []),
  ...made('pairs of three', () => [['a', '1', '2']]),
  ...made('pairs of one', () => [['a']]),
  ...made('pairs of none', () => [[]]),
  ...made('pairs with undefined', () => [['a', undefined]]),
  ...made('pairs with undefined as name', () => [[undefined, 'a']]),
  ...made('pairs that are text', () => ['ab', 'cd']),
  ...made('pairs that are numbers', () => [1, 2]),
  ...made('pairs that are null', () => [null]),
  ...made('pairs of numbers', () => [[1, 2]]),
  ...made('pairs with a bad name', () => [['', 'x']]),
  ...made('pairs with a bad value', () => [['x', 'a\0b']]),
  ...made('pairs that are sets', () => [new Set(['a', '1'])]),
  ...made('a Map', () => new Map([['a', '1']])),
  ...made('a Set', () => new Set([['a', '1']])),
  ...made('a generator', () =>
    (function* pairs() {
      yield ['a', '1']
      yield ['b', '2']
    })(),
  ),
  ...made('an object with an iterator that is no function', () => ({ [Symbol.iterator]: 5, a: '1' })),
  ...made('an object with an iterator that is undefined', () => ({ [Symbol.iterator]: undefined, a: '1' })),
  ...made('a typed array', () => new Uint8Array(2)),
  ...made('URLSearchParams', () => new URLSearchParams('a=1&b=2')),
  ...made('a FormData', () => {
    const form = new FormData()
    form.set('a', '1')
    return form
  }),
  ...made(
    'native Headers',
    () =>
      new natives.Headers([
        ['A', '1'],
        ['set-cookie', 'x'],
        ['a', '2'],
        ['set-cookie', 'y'],
      ]),
  ),
  ...made('native Headers that are extended', () => {
    class More extends natives.Headers {
      override *[Symbol.iterator](): HeadersIterator<[string, string]> {
        yield ['more', '1']
        return undefined
      }
    }
    return new More({ a: '1' })
  }),
  ...made("another's Headers", (kit) => kit.headers({ A: '1', 'Set-Cookie': 'x' })),
  ...made('the Headers of a Response', (kit) => new kit.Response('x', { headers: { a: '1' } }).headers),
  ...made(
    'the Headers of a request',
    (kit) =>
      kit.request({
        fields: [
          ['x', 'y'],
          ['Set-Cookie', 'a'],
          ['set-cookie', 'b'],
        ],
      }).headers,
  ),
  ...made('a Proxy around a record', () => new Proxy({ a: '1' }, {})),
  ...made('a Date', () => new Date(0)),
]
