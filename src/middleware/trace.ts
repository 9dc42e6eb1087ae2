/** Version 00 of `traceparent` (W3C Trace Context §3.2), and what later ones must still begin with. */
const pattern = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(?=-|$)/

/** The client's `traceparent` if it is one; '' otherwise. */
export function traceparentOf({ headers }: Request): string {
  const given = headers.get('traceparent')
  return given !== null && given.length <= 55 && pattern.test(given) ? given : ''
}

export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35)
}
