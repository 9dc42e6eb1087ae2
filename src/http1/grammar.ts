/**
 * The bytes of HTTP/1.1: one table has the classes of each byte, so that a scan takes one look-up a byte.
 */

export const HTAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SP = 0x20

/** tchar, RFC 9110 §5.6.2: the characters of methods and field names. */
export const TOKEN = 1
/** field-vchar, SP and HTAB, RFC 9110 §5.5: the characters of field values. */
export const VALUE = 2
/** pchar and "/", RFC 3986 §3.3, and `[ ] |`, which browsers leave as they are. */
export const PATH = 4
/** The characters after "?", RFC 3986 §3.4, and ``[ ] | \ ^ ` { }``, which browsers leave as they are. */
export const QUERY = 8
/** Characters of a URL that may not be in normal form: dot segments and those that URLs encode (WHATWG URL §4.4). */
export const ABNORMAL = 16

/** The classes of each byte, as bits. */
export const classes: Uint8Array = new Uint8Array(256)

function mark(bit: number, bytes: string): void {
  for (let index = 0; index < bytes.length; index++) classes[bytes.charCodeAt(index)]! |= bit
}

const alphanumeric = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const path = `${alphanumeric}-._~%!$&'()*+,;=:@/[]|`

mark(TOKEN, `${alphanumeric}!#$%&'*+-.^_\`|~`)
mark(PATH, path)
mark(QUERY, `${path}?\\^\`{}`)
mark(ABNORMAL, ".%'")
for (let byte = 0x20; byte <= 0xff; byte++) if (byte !== 0x7f) classes[byte]! |= VALUE
classes[HTAB]! |= VALUE

/** The value of each hexadecimal digit, 255 for every other byte. */
export const hexValues: Uint8Array = new Uint8Array(256).fill(255)
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16)
  hexValues[digit.charCodeAt(0)] = value
  hexValues[digit.toUpperCase().charCodeAt(0)] = value
}

/** token, RFC 9110 §5.6.2. */
export const tokenPattern = /^[\w!#$%&'*+.^`|~-]+$/

/** reason-phrase, RFC 9112 §4. */
export const reasonPhrase = /^[\t\x20-\x7e\x80-\xff]*$/

/** Trims these characters. By index, because a pattern takes quadratic time on a run of blanks. */
export function trimmed(text: string, blanks: string): string {
  let start = 0
  let end = text.length
  while (start < end && blanks.includes(text.charAt(start))) start += 1
  while (end > start && blanks.includes(text.charAt(end - 1))) end -= 1
  return start === 0 && end === text.length ? text : text.slice(start, end)
}
