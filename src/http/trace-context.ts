/** The beginning of every version of `traceparent` (W3C Trace Context §3.2). */
const pattern = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?=-|$)/
/** Version 00 has this length; later ones may be longer. */
const knownLength = 55
const lengthMax = 256

/** The client's `traceparent` if it is one; '' otherwise. */
export function traceparentOf({ headers }: Request): string {
  const given = headers.get('traceparent')
  if (given === null || !pattern.test(given)) return ''
  const isFit = given.startsWith('00') ? given.length === knownLength : given.length <= lengthMax
  return isFit ? given : ''
}

export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35)
}
