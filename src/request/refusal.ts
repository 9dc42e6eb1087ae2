import { AppError } from '../errors.ts'
import type { Identity } from './identity.ts'

/** 401 for an anonymous client, which might be allowed after signing in (RFC 9110 §15.5.2); 403 for any other. */
export function refusal(who: Identity | null): AppError {
  if (who !== null) return new AppError('forbidden')
  return new AppError('unauthorized', undefined, { headers: { 'WWW-Authenticate': 'Bearer' } })
}

/** True if the scopes of an API key allow an action: `todos:read`, `todos:write`, or `*`. */
export function hasScope({ scopes }: Identity, name: string, use: 'read' | 'write'): boolean {
  return scopes === null || scopes.includes('*') || scopes.includes(`${name}:${use}`)
}
