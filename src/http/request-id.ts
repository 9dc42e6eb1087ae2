const sane = /^[\w.:-]{1,128}$/

/**
 * Makes the function that gives a request its id: the client's `X-Request-Id` when it is up to 128 of
 * `[A-Za-z0-9_.:-]`, else a random prefix and a count.
 */
export function createRequestIds(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) {
  let prefix = ''
  let count = 0
  return function requestId(request: Request): string {
    const given = request.headers.get('x-request-id')
    if (given !== null && sane.test(given)) return given
    // Made at the first request, because Workers have no randomness before it.
    prefix ||= random(new Uint8Array(8)).toHex()
    count += 1
    return `${prefix}-${count.toString(36)}`
  }
}
