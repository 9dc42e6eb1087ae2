/** What every answer carries, whatever its type. */
const always = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const

/** Over TLS: never again without it (RFC 6797), for two years. Subdomains are others' to decide about. */
export const secureOnlyHeaders = { 'Strict-Transport-Security': 'max-age=63072000' } as const

/** For data, which is never a document: nothing may load, nothing may frame it. */
export const dataHeaders = {
  ...always,
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
} as const

/** For pages: their own scripts, styles and API, and nothing from elsewhere. */
export const pageHeaders = {
  ...always,
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
} as const
