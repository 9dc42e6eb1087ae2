/** One entry of an Accept-like header (RFC 9110 §12.4.2): what is named, and how much it is wanted. */
interface Preference {
  name: string
  quality: number
}

/** More entries than any client sends; what follows is not read. */
const entriesMax = 32

function preferences(header: string): Preference[] {
  return header
    .split(',', entriesMax)
    .map((entry) => {
      const [name = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase())
      const quality = parameters.find((parameter) => parameter.startsWith('q='))
      return { name, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 }
    })
    .filter(({ name }) => name !== '')
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

/** Whether an error should be problem details (RFC 9457): it is asked for by name, at least as much as plain JSON. */
export function wantsProblem(header: string | null): boolean {
  if (header === null || !/problem\+json/i.test(header)) return false
  const wanted = preferences(header)
  const problem = qualityOf('application/problem+json', wanted, [])
  return problem > 0 && problem >= qualityOf('application/json', wanted, [])
}

/** The content coding to answer with (RFC 9110 §12.5.3), null for none. */
export function negotiateEncoding(header: string | null): 'gzip' | 'deflate' | null {
  if (header === null) return null
  const wanted = preferences(header)
  const gzip = qualityOf('gzip', wanted, ['*'])
  const deflate = qualityOf('deflate', wanted, ['*'])
  if (gzip === 0 && deflate === 0) return null
  return gzip >= deflate ? 'gzip' : 'deflate'
}
