import { parseAccept } from 'hono/utils/accept'

/** One entry of an Accept-like header (RFC 9110 §12.4.2). */
interface Preference {
  name: string
  /** 0, for unacceptable, to 1. */
  quality: number
}

/** RFC 9110 §12.4.2. `Number` would skip more blanks than the grammar has. */
const qualityValue = /^(?:0(?:\.\d*)?|1(?:\.0*)?)$/

/** More than any client sends; the rest is ignored. */
const headerLengthMax = 1024

function preferences(header: string): Preference[] {
  return parseAccept(header.slice(0, headerLengthMax).toLowerCase()).map(({ type, params }) => ({
    name: type,
    // By itself `parseAccept` takes a malformed quality for 1.
    quality: params.q === undefined ? 1 : qualityValue.test(params.q) ? Number(params.q) : 0,
  }))
}

function qualityOf(name: string, wanted: readonly Preference[], wildcards: readonly string[]): number {
  for (const candidate of [name, ...wildcards]) {
    const match = wanted.find((preference) => preference.name === candidate)
    if (match) return match.quality
  }
  return 0
}

/**
 * The offered media type that `Accept` wants most (RFC 9110 §12.5.1), the first offered among equals;
 * null when it wants none of them.
 */
export function negotiateType<Offer extends string>(header: string | null, offers: readonly Offer[]): Offer | null {
  const wanted = preferences(header ?? '*/*')
  let best: Offer | null = null
  let bestQuality = 0
  for (const offer of offers) {
    const quality = qualityOf(offer, wanted, [`${offer.split('/')[0]}/*`, '*/*'])
    if (quality > bestQuality) [best, bestQuality] = [offer, quality]
  }
  return best
}

/** True if an error should be problem details (RFC 9457): named in the header, and wanted at least as much as plain JSON. */
export function wantsProblem(header: string | null): boolean {
  if (header === null || !/problem\+json/i.test(header)) return false
  const wanted = preferences(header)
  const problem = qualityOf('application/problem+json', wanted, [])
  return problem > 0 && problem >= qualityOf('application/json', wanted, [])
}

/**
 * The content coding of the response (RFC 9110 §12.5.3), null for none: also where the header prefers `identity`, which
 * is acceptable without being named, but then less than a coding that is.
 */
export function negotiateEncoding(header: string | null): 'gzip' | 'deflate' | null {
  if (header === null) return null
  const wanted = preferences(header)
  const gzip = qualityOf('gzip', wanted, ['*'])
  const deflate = qualityOf('deflate', wanted, ['*'])
  const best = Math.max(gzip, deflate)
  if (best === 0 || qualityOf('identity', wanted, []) > best) return null
  return gzip >= deflate ? 'gzip' : 'deflate'
}
