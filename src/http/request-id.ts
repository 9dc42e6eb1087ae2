const sane = /^[\w.:-]{1,128}$/

/** Hexadecimal digits of an id: 80 bits. */
const idLength = 20
/** Ids that are made at a time, because fetching randomness costs more than an id. */
const batch = 128

/**
 * Makes the function that gives a request its id: the client's `X-Request-Id` when it is up to 128 of
 * `[A-Za-z0-9_.:-]`, else a random one. A count would tell everybody how many requests others send.
 */
export function createRequestIds(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) {
  const bytes = new Uint8Array((idLength / 2) * batch)
  let digits = ''
  let at = 0
  return function requestId(request: Request): string {
    const given = request.headers.get('x-request-id')
    if (given !== null && sane.test(given)) return given
    if (at === digits.length) {
      digits = random(bytes).toHex()
      at = 0
    }
    at += idLength
    return digits.slice(at - idLength, at)
  }
}
