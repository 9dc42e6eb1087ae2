import { AppError } from '../errors.ts'
import type { Identity } from './identity.ts'

/** Who is not known might be allowed once known (RFC 9110 §15.5.2); who is known is not. */
export function refusal(who: Identity | null): AppError {
  if (who !== null) return new AppError('forbidden')
  return new AppError('unauthorized', undefined, { headers: { 'WWW-Authenticate': 'Bearer' } })
}

/** An API key is good for what its scopes name: `todos:read`, `todos:write`, or `*`. */
export function hasScope({ scopes }: Identity, name: string, use: 'read' | 'write'): boolean {
  return scopes === null || scopes.includes('*') || scopes.includes(`${name}:${use}`)
}
