import { trimBlanks } from './header-value.ts'

const scheme = 'bearer '

/** The bearer token of an `Authorization` header (RFC 6750 §2.1); null for other schemes, which may be for a proxy. */
export function bearerIn(authorization: string | null): string | null {
  if (authorization === null || authorization.slice(0, scheme.length).toLowerCase() !== scheme) return null
  return trimBlanks(authorization.slice(scheme.length))
}
