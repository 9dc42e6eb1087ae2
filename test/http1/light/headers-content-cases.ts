/** Reading and changing fields. */
import { all, cookies, type FieldsCase, usual } from './fields-samples.ts'
import { attempt } from './observe.ts'

export const readingCases: FieldsCase[] = [
  {
    name: 'get takes any case',
    pairs: usual,
    run: (h) => ['content-type', 'CONTENT-TYPE', 'Content-Type'].map((name) => h.get(name)),
  },
  { name: 'get of an absent name is null', pairs: usual, run: (h) => h.get('absent') },
  { name: 'get combines', pairs: usual, run: (h) => h.get('x-MANY') },
  { name: 'get combines cookies', pairs: cookies, run: (h) => h.get('set-cookie') },
  {
    name: 'get combines empty values',
    pairs: [
      ['x', ''],
      ['x', 'a'],
      ['x', ''],
    ],
    run: (h) => h.get('x'),
  },
  { name: 'get of an empty value', pairs: [['x', '']], run: (h) => [h.get('x'), h.has('x'), all(h)] },
  {
    name: 'get of cookie lines',
    pairs: [
      ['Cookie', 'a=1'],
      ['cookie', 'b=2'],
    ],
    run: (h) => [h.get('cookie'), all(h)],
  },
  { name: 'get of latin1', pairs: [['x', 'caf\xe9 \xff\x80']], run: (h) => h.get('x') },
  {
    name: 'get with an invalid name',
    pairs: usual,
    run: (h) => ['', 'a b', 'a:', 'ä', 'a\n', 'a\0', '(x)'].map((name) => attempt(() => h.get(name))),
  },
  {
    name: 'has with an invalid name',
    pairs: usual,
    run: (h) => ['', 'a b', 'a\r'].map((name) => attempt(() => h.has(name))),
  },
  {
    name: 'has takes any case',
    pairs: usual,
    run: (h) => ['ACCEPT', 'accept', 'absent', '__proto__', 'constructor', 'toString'].map((name) => h.has(name)),
  },
  {
    name: 'names like members of Object',
    pairs: [
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['hasOwnProperty', 'c'],
    ],
    run: all,
  },
  { name: 'names of all token characters', pairs: [["!#$%&'*+-.^_`|~09azAZ", 'x']], run: all },
  {
    name: 'values are trimmed',
    pairs: [
      ['a', ' \t x  y\t '],
      ['b', '  '],
    ],
    run: all,
  },
  { name: 'getSetCookie', pairs: cookies, run: (h) => h.getSetCookie() },
  { name: 'getSetCookie without cookies', pairs: usual, run: (h) => h.getSetCookie() },
  {
    name: 'getSetCookie gives an array of its own',
    pairs: cookies,
    run: (h) => [h.getSetCookie().push('x'), h.getSetCookie()],
  },
  {
    name: 'iteration is sorted, in lower case, combined, each cookie for itself',
    pairs: [...usual, ...cookies],
    run: all,
  },
  {
    name: 'iteration sorts by bytes',
    pairs: [
      ['b', '1'],
      ['a-b', '2'],
      ['ab', '3'],
      ['a_b', '4'],
      ['a', '5'],
      ['~', '6'],
      ['0', '7'],
    ],
    run: all,
  },
  {
    name: 'get with a number or null',
    pairs: [
      ['5', 'five'],
      ['null', 'nil'],
      ['undefined', 'undef'],
    ],
    run: (h) => [5, null, undefined].map((name) => h.get(name as unknown as string)),
  },
  { name: 'get with a symbol', pairs: usual, run: (h) => h.get(Symbol('x') as unknown as string) },
  { name: 'get without an argument', pairs: usual, run: (h) => Reflect.apply(h.get, h, []) },
  { name: 'has without an argument', pairs: usual, run: (h) => Reflect.apply(h.has, h, []) },
  { name: 'delete without an argument', pairs: usual, run: (h) => Reflect.apply(h.delete, h, []) },
  { name: 'set without a value', pairs: usual, run: (h) => [attempt(() => Reflect.apply(h.set, h, ['x'])), all(h)] },
  {
    name: 'append without a value',
    pairs: usual,
    run: (h) => [attempt(() => Reflect.apply(h.append, h, ['x'])), all(h)],
  },
]

export const changingCases: FieldsCase[] = [
  { name: 'set replaces all of a name', pairs: usual, run: (h) => [h.set('X-MANY', 'new'), all(h)] },
  { name: 'set adds', pairs: usual, run: (h) => [h.set('X-New', 'new'), all(h), h.get('x-new')] },
  { name: 'set replaces cookies', pairs: cookies, run: (h) => [h.set('set-cookie', 'e=5'), h.getSetCookie(), all(h)] },
  { name: 'append combines', pairs: usual, run: (h) => [h.append('accept', 'text/html'), h.get('accept'), all(h)] },
  {
    name: 'append adds a cookie',
    pairs: cookies,
    run: (h) => [h.append('Set-Cookie', 'e=5'), h.getSetCookie(), all(h)],
  },
  { name: 'delete takes any case', pairs: usual, run: (h) => [h.delete('X-Many'), h.has('x-many'), all(h)] },
  { name: 'delete of an absent name', pairs: usual, run: (h) => [h.delete('absent'), all(h)] },
  { name: 'delete of cookies', pairs: cookies, run: (h) => [h.delete('set-cookie'), h.getSetCookie(), all(h)] },
  { name: 'delete, then append', pairs: usual, run: (h) => [h.delete('x-many'), h.append('x-many', 'z'), all(h)] },
  { name: 'delete with an invalid name', pairs: usual, run: (h) => attempt(() => h.delete('a b')) },
  { name: 'set trims', pairs: [], run: (h) => [h.set('a', '\t\r\n x \n'), h.append('b', ' '), all(h)] },
  { name: 'set keeps other white space', pairs: [], run: (h) => [h.set('a', '\x0bx\x0c\xa0'), all(h)] },
  {
    name: 'set takes control characters other than NUL, CR and LF',
    pairs: [],
    run: (h) => ['a\x01b', 'a\x7fb', 'a\x1fb', 'a\tb'].map((value) => attempt(() => [h.set('a', value), h.get('a')])),
  },
  {
    name: 'set with an invalid value',
    pairs: usual,
    run: (h) =>
      ['a\rb', 'a\nb', 'a\r\nb: c', 'a\0b', 'Ā', '😀', '\ud800'].map((value) => attempt(() => h.set('x', value))),
  },
  {
    name: 'append with an invalid value',
    pairs: usual,
    run: (h) => [...['a\rb', 'a\nb', '\0', 'ł'].map((value) => attempt(() => h.append('x', value))), all(h)],
  },
  {
    name: 'set with an invalid name',
    pairs: usual,
    run: (h) =>
      ['', 'a b', 'a:b', 'a\r\nb', 'ä', 'a\0', '\x7f', 'a/b', '"a"'].map((name) => attempt(() => h.set(name, 'x'))),
  },
  {
    name: 'append with an invalid name',
    pairs: usual,
    run: (h) => ['', ' a', 'a\n'].map((name) => attempt(() => h.append(name, 'x'))),
  },
  { name: 'a failed set changes nothing', pairs: usual, run: (h) => [attempt(() => h.set('accept', '\n\0')), all(h)] },
  {
    name: 'set turns what it is given into text',
    pairs: [],
    run: (h) =>
      [1.5, null, undefined, true, ['a', 'b'], { toString: () => 'made' }].map((value) => [
        h.set('x', value as unknown as string),
        h.get('x'),
      ]),
  },
  { name: 'set with a symbol', pairs: [], run: (h) => h.set('x', Symbol('x') as unknown as string) },
  { name: 'append with a symbol as name', pairs: [], run: (h) => h.append(Symbol('x') as unknown as string, 'x') },
  {
    name: 'append of many',
    pairs: [],
    run: (h) => [Array.from({ length: 300 }, (_, index) => h.append(`x-${index % 40}`, `${index}`)).length, all(h)],
  },
]
