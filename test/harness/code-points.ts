import fc from 'fast-check'

const surrogates = { first: 0xd800, count: 0x800 }

function codePointAt(index: number): string {
  return String.fromCodePoint(index < surrogates.first ? index : index + surrogates.count)
}

function indexOf(value: unknown): number {
  const code = typeof value === 'string' ? value.codePointAt(0) : undefined
  if (code === undefined || String.fromCodePoint(code) !== value) throw new Error('It is not one code point.')
  return code < surrogates.first ? code : code - surrogates.count
}

/**
 * A unit of strings: any code point but a surrogate. The `binary` of fast-check has the same values and first fills a
 * table of all of them, which takes a second of a core in each process.
 */
export const codePoint = fc.integer({ min: 0, max: 0x10ffff - surrogates.count }).map(codePointAt, indexOf)
