/**
 * `Headers` as the Fetch standard (§5.1) has them, without the cost of native ones: those of a request are
 * looked up in the received bytes, those of a response are two short lists.
 */
import { type FieldBlock, fieldValue } from './fields.ts'
import { tokenPattern, trimmed } from './grammar.ts'
import { delegate } from './native.ts'

const NativeHeaders = globalThis.Headers

/**
 * Fields that only the connection may set (RFC 9110 §7.6.1, RFC 9112 §6), or sets where the handler does not.
 */
export const framingNames: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** The number of names in the cache. An app uses few; an attacker may send many. */
const knownNamesMax = 256

/** A cached name with its last value, because most headers repeat both. */
interface KnownName {
  lower: string
  /** True if the connection may set or drop it. */
  isFraming: boolean
  given: unknown
  text: string
}

const knownNames = new Map<unknown, KnownName>()

function knownName(name: unknown): KnownName {
  const known = knownNames.get(name)
  if (known !== undefined) return known
  const text = textOf(name)
  if (!tokenPattern.test(text)) throw new TypeError(`"${text}" is not a valid header name.`)
  const lower = text.toLowerCase()
  const made = { lower, isFraming: framingNames.has(lower), given: null, text: '' }
  if (knownNames.size < knownNamesMax) knownNames.set(text, made)
  return made
}

/**
 * Returns a field name in lower case.
 * @throws TypeError when it is invalid
 */
function lowerName(name: unknown): string {
  return knownName(name).lower
}

/**
 * Converts a value to text as a runtime does, whatever the types say.
 * @throws TypeError for a symbol
 */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'symbol') throw new TypeError('A symbol cannot be converted to a string.')
  return String(value)
}

const forbidden = /[\0\n\r]|[^\0-\xff]/

/**
 * Returns a field value without blanks around it. A character that could end a line, and so split a response, is invalid.
 * @throws TypeError
 */
function fieldText(value: unknown): string {
  const text = trimmed(textOf(value), '\t\n\r ')
  if (forbidden.test(text)) throw new TypeError('A header value contains a forbidden character.')
  return text
}

/** Fields as two lists, names in lower case; a name may be repeated. */
export interface FieldList {
  names: string[]
  values: string[]
  /** True if they may include a field that the connection may set. */
  isFraming: boolean
}

/**
 * Returns the fields of an init.
 * @throws TypeError
 */
export function fieldList(init: unknown): FieldList {
  const list: FieldList = { names: [], values: [], isFraming: false }
  if (init === undefined) return list
  if (init === null || typeof init !== 'object') throw new TypeError('Headers must be made from an object.')
  if (Symbol.iterator in init) {
    for (const pair of init as Iterable<unknown>) addPair(list, pair)
    return list
  }
  const record = init as Readonly<Record<string, unknown>>
  for (const name of Object.keys(record)) add(list, name, record[name])
  return list
}

function addPair(list: FieldList, pair: unknown): void {
  if (typeof pair !== 'object' || pair === null) throw new TypeError('A header must be a pair of name and value.')
  const parts = [...(pair as Iterable<unknown>)]
  if (parts.length !== 2) throw new TypeError('A header must be a pair of name and value.')
  add(list, parts[0], parts[1])
}

function add(list: FieldList, name: unknown, value: unknown): void {
  const known = knownName(name)
  if (known.given !== value || value === null) {
    known.text = fieldText(value)
    known.given = value
  }
  list.names.push(known.lower)
  list.values.push(known.text)
  if (known.isFraming) list.isFraming = true
}

function listOf(block: FieldBlock): FieldList {
  const { names } = block
  return { names: [...names], values: names.map((_, index) => fieldValue(block, index)), isFraming: true }
}

/** `Headers` over a received block, or over its own lists. */
export class LightHeaders {
  /** Until the first change. */
  #block: FieldBlock | null
  #list: FieldList | null

  private constructor(block: FieldBlock | null, list: FieldList | null) {
    this.#block = block
    this.#list = list
  }

  static ofBlock(block: FieldBlock): LightHeaders {
    return new LightHeaders(block, null)
  }

  /** Changes go to the given lists. */
  static ofList(list: FieldList): LightHeaders {
    return new LightHeaders(null, list)
  }

  get(name: string): string | null {
    if (name === undefined) throw new TypeError('A header name is missing.')
    return this.#combined(lowerName(name))
  }

  has(name: string): boolean {
    if (name === undefined) throw new TypeError('A header name is missing.')
    return this.#names.includes(lowerName(name))
  }

  getSetCookie(): string[] {
    return this.#names.flatMap((name, index) => (name === 'set-cookie' ? [this.#value(index)] : []))
  }

  append(...given: [name: string, value: string]): void {
    if (given.length < 2) throw new TypeError('append needs a name and a value.')
    const [name, value] = given
    add(this.#own(), name, value)
  }

  set(...given: [name: string, value: string]): void {
    if (given.length < 2) throw new TypeError('set needs a name and a value.')
    const [name, value] = given
    const lower = lowerName(name)
    const text = fieldText(value)
    const list = this.#own()
    const at = list.names.indexOf(lower)
    if (at === -1) {
      add(list, name, value)
      return
    }
    list.values[at] = text
    keepOnly(list, (other, index) => other !== lower || index === at)
  }

  delete(name: string): void {
    if (name === undefined) throw new TypeError('A header name is missing.')
    const lower = lowerName(name)
    if (this.#names.includes(lower)) keepOnly(this.#own(), (other) => other !== lower)
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArg?: unknown): void {
    if (typeof callback !== 'function') throw new TypeError('forEach needs a function.')
    for (const [name, value] of this.entries()) callback.call(thisArg, value, name, this)
  }

  entries(): ReturnType<Headers['entries']> {
    return new FieldIterator(this, (pair) => pair)
  }

  keys(): ReturnType<Headers['keys']> {
    return new FieldIterator(this, ([name]) => name)
  }

  values(): ReturnType<Headers['values']> {
    return new FieldIterator(this, ([, value]) => value)
  }

  declare [Symbol.iterator]: () => ReturnType<Headers['entries']>

  /** By name and combined, but each cookie alone. */
  static sorted(headers: LightHeaders): [string, string][] {
    const names = [...new Set(headers.#names)].toSorted()
    return names.flatMap((name): [string, string][] =>
      name === 'set-cookie'
        ? headers.getSetCookie().map((value) => [name, value])
        : [[name, headers.#combined(name) as string]],
    )
  }

  get #names(): readonly string[] {
    return this.#list === null ? (this.#block as FieldBlock).names : this.#list.names
  }

  #value(index: number): string {
    return this.#list === null ? fieldValue(this.#block as FieldBlock, index) : (this.#list.values[index] as string)
  }

  #combined(lower: string): string | null {
    const names = this.#names
    let text: string | null = null
    for (let index = 0; index < names.length; index++) {
      if (names[index] !== lower) continue
      const value = this.#value(index)
      if (text === null) text = value
      else text += (lower === 'cookie' ? cookieSeparator : ', ') + value
    }
    return text
  }

  #own(): FieldList {
    this.#list ??= listOf(this.#block as FieldBlock)
    this.#block = null
    return this.#list
  }
}

function keepOnly(list: FieldList, isKept: (name: string, index: number) => boolean): void {
  const { names, values } = list
  list.names = names.filter((name, index) => isKept(name, index))
  list.values = values.filter((_, index) => isKept(names[index] as string, index))
}

/** Sorts again at each step, as in the standard: changes during the iteration show. */
class FieldIterator<T> extends Iterator<T, undefined> {
  readonly #headers: LightHeaders
  readonly #pick: (pair: [string, string]) => T
  #index = 0

  constructor(headers: LightHeaders, pick: (pair: [string, string]) => T) {
    super()
    this.#headers = headers
    this.#pick = pick
  }

  next(): IteratorResult<T, undefined> {
    const pair = LightHeaders.sorted(this.#headers)[this.#index]
    if (pair === undefined) return { done: true, value: undefined }
    this.#index += 1
    return { done: false, value: this.#pick(pair) }
  }
}

Object.defineProperty(FieldIterator.prototype, Symbol.toStringTag, { value: 'Headers Iterator', configurable: true })
Object.defineProperty(LightHeaders.prototype, Symbol.iterator, {
  value: LightHeaders.prototype.entries,
  configurable: true,
  writable: true,
})

/** Runtimes differ in how they combine the cookie lines of one request (RFC 6265 §5.4 has one line). */
const cookieSeparator =
  new NativeHeaders([
    ['cookie', '1'],
    ['cookie', '2'],
  ])
    .get('cookie')
    ?.slice(1, -1) ?? '; '

const toNative = (headers: LightHeaders) => new NativeHeaders([...headers])
delegate(LightHeaders.prototype, NativeHeaders.prototype, { bare: toNative, whole: toNative })
