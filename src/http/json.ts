/**
 * Strict JSON. `JSON.parse` accepts more than an API should: it keeps the last of two equal keys, rounds large
 * integers, turns 1e999 into Infinity, passes on `__proto__`, and has no limit on depth. So one linear scan checks the
 * structure first, and leaves the grammar of values to `JSON.parse`.
 */
import { AppError } from '../errors.ts'

/** Enough for any document, and far from the limit of any stack. */
export const jsonDepthMax = 64
/** In one object: more than a collection has fields, and each costs some work to refuse. */
export const jsonKeysMax = 1000

/** Up to this many keys a linear search beats a Set. */
const fewKeys = 8

/**
 * Parses a JSON text (RFC 8259) within I-JSON's bounds (RFC 7493): no key twice, nothing deeper than `jsonDepthMax` or
 * wider than `jsonKeysMax`, no `__proto__`, no number beyond a double, and no integer that a double prints with other digits.
 * @throws AppError `malformed_json`
 */
export function parseJson(text: string): unknown {
  scan(text)
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

function scan(text: string): void {
  const open: Keys[] = []
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      const end = stringEnd(text, at)
      if (isKey(text, end)) noteKey(open, text.slice(at, end))
      at = end
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      at = checkNumber(text, at)
    } else {
      if (code === 0x7b || code === 0x5b) enter(open, code === 0x7b)
      else if (code === 0x7d || code === 0x5d) open.pop()
      at += 1
    }
  }
}

function enter(open: Keys[], isObject: boolean): void {
  if (open.length === jsonDepthMax) throw malformed(`The body is nested deeper than ${jsonDepthMax} levels.`)
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
