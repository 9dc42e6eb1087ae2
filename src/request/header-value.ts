/**
 * Splits and trims the values of headers. Only the space and the tab are blanks there (OWS, RFC 9110 §5.6.3; RFC 6265
 * §5.2). `trim()` and `\s` also take U+00A0 and others, which a client or another site can choose, so that two programs
 * would read two different names.
 */

/** Removes blanks at both ends. */
export function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

/** Splits a list at a separator that no element contains, and trims each element. */
export function listOf(header: string, separator = ','): string[] {
  return header.split(separator).map(trimBlanks)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
