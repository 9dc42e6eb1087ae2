/** Who is asking, once a cookie, a bearer token or an API key has been believed. */
export interface Identity {
  /** The user's id. */
  readonly userId: string
  /** Names what the user may do; `admin` may do everything. */
  readonly role: string
  /** What an API key is good for, such as `todos:read`; null for a person's session, which has no such bound. */
  readonly scopes: readonly string[] | null
  /** The session or API key that was shown: what is revoked by this id ends everything that was begun with it. */
  readonly credentialId: string
  readonly credential: 'session' | 'key'
  /** Milliseconds since 1970; null for never. */
  readonly expiresAtMs: number | null
}

/** The role that may do everything. */
export const adminRole = 'admin'

/** Whether it is over by itself. Costs next to nothing for who is not known. */
export function isExpired(identity: Identity | null, now: () => number): boolean {
  return identity !== null && identity.expiresAtMs !== null && identity.expiresAtMs <= now()
}

/** Finds who is asking. */
export interface Identities {
  /** Whether it was found before its credential was revoked, or changed its meaning, so that nobody who was just let in stays. */
  isRevoked(identity: Identity): boolean
  /**
   * The identity that a request shows: by its cookie, or by `Authorization: Bearer`. Null for none. At once where it is
   * known from a moment ago, which a hot route lives from; what was revoked is forgotten within a second everywhere, and at
   * once in the process that revoked it.
   * @throws AppError `unauthorized` when a token is shown that is none, has expired or is revoked
   */
  identify(request: Request): Identity | null | Promise<Identity | null>
  /** The same for a token alone, as in `hello`. */
  identifyToken(token: string): Identity | Promise<Identity>
  /** Calls the listener with the credential's id whenever one is revoked or expires early, such as at a sign-out. */
  onRevoke(listener: (credentialId: string) => void): () => void
}
