/**
 * Strict JSON. `JSON.parse` accepts more than an API should: it keeps the last of two equal keys, rounds large
 * integers, turns 1e999 into Infinity, passes on `__proto__`, and has no limit on depth. So one linear scan checks the
 * structure first, and leaves the grammar of values to `JSON.parse`.
 */
import { AppError } from '../errors.ts'

/** Enough for any document, and far from the limit of any stack. */
export const jsonDepthMax = 64
/**
 * A document that is kept or passed on: a body, the data of an event, a JSON field, a presence state. Envelopes add 6 levels
 * at most, where a message carries a list of events whose data are rows with that field.
 */
export const documentDepthMax = 56
/** In one object: more than a collection has fields, and each costs some work to refuse. */
export const jsonKeysMax = 1000
/** In one document: each costs some hundred nanoseconds to decode, which together stay far below a noticeable pause. */
export const jsonValuesMax = 65_536

/** Up to this many keys a linear search beats a Set. */
const fewKeys = 8

export interface ParseOptions {
  depthMax?: number
  /** Receives the number of values before they are built. */
  onValues?: ((values: number) => void) | undefined
}

/**
 * Parses a JSON text (RFC 8259) within I-JSON's bounds (RFC 7493): no key twice, nothing deeper than `jsonDepthMax` or wider
 * than `jsonKeysMax`, no more than `jsonValuesMax` values, no `__proto__`, no number beyond a double, and no integer that a
 * double prints with other digits.
 * @param onValues receives the number of values before they are built
 * @throws AppError `malformed_json`
 */
export function parseJson(text: string, { depthMax = jsonDepthMax, onValues }: ParseOptions = {}): unknown {
  const values = scan(text, depthMax)
  onValues?.(values)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw malformed(cause instanceof Error ? `The body is not valid JSON: ${cause.message}` : undefined)
  }
}

function malformed(message?: string): AppError {
  return new AppError('malformed_json', message)
}

const quote = 0x22
const backslash = 0x5c
const number = /-?\d[\d.eE+-]*/y

/** The keys of an open object so far; null for an open array. */
type Keys = string[] | Set<string> | null

/** Checks the structure, and returns the number of values. */
function scan(text: string, depthMax: number): number {
  const open: Keys[] = []
  let values = 0
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      const end = stringEnd(text, at)
      if (isKey(text, end)) noteKey(open, text.slice(at, end))
      else values += 1
      at = end
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      at = checkNumber(text, at)
      values += 1
    } else {
      if (code === 0x7b || code === 0x5b) enter(open, code === 0x7b, depthMax)
      else if (code === 0x7d || code === 0x5d) open.pop()
      if (beginsValue(code)) values += 1
      at += 1
    }
    if (values > jsonValuesMax) throw malformed(`The body has more than ${jsonValuesMax} values.`)
  }
  return values
}

/** An object, an array, `true`, `false` or `null`; these three letters stand in no other place of a literal. */
function beginsValue(code: number): boolean {
  return code === 0x7b || code === 0x5b || code === 0x74 || code === 0x66 || code === 0x6e
}

function enter(open: Keys[], isObject: boolean, depthMax: number): void {
  if (open.length === depthMax) throw malformed(`The body is nested deeper than ${depthMax} levels.`)
  open.push(isObject ? [] : null)
}

/** The index after the closing quote. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; ; at += 1) {
    at = text.indexOf('"', at)
    if (at === -1) throw malformed('The body is not valid JSON: a string does not end.')
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1
    if (slashes % 2 === 0) return at + 1
  }
}

function isKey(text: string, end: number): boolean {
  for (let at = end; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x3a) return true
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return false
  }
  return false
}

function noteKey(open: Keys[], quoted: string): void {
  const keys = open.at(-1)
  if (!keys) return
  const key = quoted.includes('\\') ? unquote(quoted) : quoted.slice(1, -1)
  // It has no form of its own in UTF-8, so two such keys could become one.
  if (!key.isWellFormed()) throw malformed('A key must not have half of a surrogate pair.')
  if (key === '__proto__') throw malformed('The key "__proto__" is not allowed.')
  if (Array.isArray(keys) ? keys.includes(key) : keys.has(key)) {
    throw malformed(`The key ${JSON.stringify(key.slice(0, 100))} stands twice in one object.`)
  }
  if (!Array.isArray(keys)) {
    if (keys.size === jsonKeysMax) throw malformed(`An object may have ${jsonKeysMax} keys at most.`)
    keys.add(key)
  } else if (keys.length < fewKeys) keys.push(key)
  else open[open.length - 1] = new Set(keys).add(key)
}

function unquote(quoted: string): string {
  try {
    return JSON.parse(quoted) as string
  } catch {
    throw malformed()
  }
}

function checkNumber(text: string, start: number): number {
  number.lastIndex = start
  const literal = number.exec(text)?.[0]
  if (literal === undefined) return start + 1
  if (literal.length > 15 || /[eE]/.test(literal)) {
    const value = Number(literal)
    const isInteger = /^-?\d+$/.test(literal)
    if (!Number.isFinite(value) || (isInteger && String(value) !== literal)) {
      throw malformed(`The number ${literal.slice(0, 40)} can't be kept exactly.`)
    }
  }
  return start + literal.length
}

/** The text of a member of an object, in a JSON text that `parseJson` takes; null when there is none. */
export function memberText(text: string, name: string): string | null {
  let depth = 0
  let start = -1
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      const end = stringEnd(text, at)
      if (depth === 1 && isKey(text, end) && unquote(text.slice(at, end)) === name) start = text.indexOf(':', end) + 1
      at = end
      continue
    }
    const isEnd = code === 0x7d || code === 0x5d
    if (start !== -1 && depth === 1 && (isEnd || code === 0x2c)) return text.slice(start, at)
    if (code === 0x7b || code === 0x5b) depth += 1
    else if (isEnd) depth -= 1
    at += 1
  }
  return null
}

/** Returns whether a valid JSON text is nested deeper than this. */
export function isDeeper(text: string, depthMax: number): boolean {
  if (!hasOpenings(text, depthMax)) return false
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === quote) at = stringEnd(text, at) - 1
    else if (code === 0x7d || code === 0x5d) depth -= 1
    else if ((code === 0x7b || code === 0x5b) && ++depth > depthMax) return true
  }
  return false
}

/** Recognizes by native searches most texts that are not deep, because they have few objects and arrays. */
function hasOpenings(text: string, count: number): boolean {
  let found = 0
  for (const opening of '{[') {
    for (let at = text.indexOf(opening); at !== -1; at = text.indexOf(opening, at + 1)) {
      found += 1
      if (found > count) return true
    }
  }
  return false
}
