import { AppError } from '../errors.ts'

/** The roles that every app has: of users without another role, and of those who may do everything. */
export type BuiltInRole = 'user' | 'admin'

/** The user behind a valid cookie, bearer token or API key. */
export interface Identity<Role extends string = string> {
  /** The user's id. */
  readonly userId: string
  /** `admin` may do everything. */
  readonly role: Role
  /** True if the user has shown control of the email address. */
  readonly isVerified: boolean
  /** The permissions of an API key, such as `todos:read`; null for a session, which has all of its user's. */
  readonly scopes: readonly string[] | null
  /** The session or API key. Revoking it ends all connections and streams that were begun with it. */
  readonly credentialId: string
  readonly credential: 'session' | 'key'
  /** Milliseconds since 1970; null for never. */
  readonly expiresAtMs: number | null
}

/** On whose behalf something is done: a user, an anonymous client (null), or the server itself, which may do everything. */
export type Actor = Identity | null | 'system'

/** The user behind an actor; null for none. */
export function identityOf(who: Actor): Identity | null {
  return who === 'system' ? null : who
}

/** The client on whose behalf a write is made: undefined for the server itself, null for an anonymous client. */
export function writerOf(who: Actor): Identity | null | undefined {
  return who === 'system' ? undefined : who
}

/** The role that may do everything. */
export const adminRole = 'admin'
const builtInRoles: readonly string[] = ['user', adminRole] satisfies BuiltInRole[]

/** The names that a role may have, which must not be a word that rules use. */
export const rolePattern = /^(?!(?:anyone|nobody|owner|signedin|verified)$)[a-z][a-z0-9_-]{0,39}$/

/**
 * Checks that a rule is one of these words, or a role that every app has or that is declared.
 * @param subject the declaration of which it is a rule, for the message
 * @throws TypeError
 */
export function checkRule(subject: string, rule: unknown, words: readonly string[], roles: readonly string[]): void {
  if (typeof rule !== 'string' || [...words, ...builtInRoles, ...roles].includes(rule)) return
  const known = [...builtInRoles, ...roles].join(', ')
  throw new TypeError(
    `The access of ${subject} names ${JSON.stringify(rule)}, which is neither a rule (${words.join(', ')}) nor a declared role (${known}). Declare roles with \`roles\`.`,
  )
}

/** True if the session or key has expired; false for an anonymous client. */
export function isExpired(identity: Identity | null, now: () => number): boolean {
  return identity !== null && identity.expiresAtMs !== null && identity.expiresAtMs <= now()
}

/** Looks up identities. */
export interface Identities {
  /** True if its credential has been revoked, or has changed, since the identity was looked up. */
  isRevoked(identity: Identity): boolean
  /**
   * The identity of a request by its cookie or `Authorization: Bearer`; null without one. Synchronous where it is
   * cached; a revocation takes effect within a second everywhere, and at once in the process that revoked it.
   * @throws AppError `unauthorized` when the token is unknown, expired or revoked
   */
  identify(request: Request): Identity | null | Promise<Identity | null>
  /** The same for a token alone, as in `hello`. */
  identifyToken(token: string): Identity | Promise<Identity>
  /** Calls the listener with the credential's id whenever one is revoked or expires early, such as at a sign-out. */
  onRevoke(listener: (credentialId: string) => void): () => void
}

/** 401 for an anonymous client, which might be allowed after signing in (RFC 9110 §15.5.2); 403 for any other. */
export function refusal(who: Identity | null): AppError {
  if (who !== null) return new AppError('forbidden')
  return new AppError('unauthorized', undefined, { headers: { 'WWW-Authenticate': 'Bearer' } })
}

/** True if a rule allows an identity: `signedIn`, `verified` or the name of a role. */
export function fits({ role, isVerified }: Identity, rule: string): boolean {
  return rule === 'signedIn' || rule === role || (rule === 'verified' && isVerified)
}

/** True if the scopes of an API key allow an action: `todos:read`, `todos:write`, or `*`. */
export function hasScope({ scopes }: Identity, name: string, use: 'read' | 'write'): boolean {
  return scopes === null || scopes.includes('*') || scopes.includes(`${name}:${use}`)
}
