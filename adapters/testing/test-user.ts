/** Users of an app under test. */
import { updateUser } from '../../src/auth/store/users.ts'
import { run } from '../../src/database/steps.ts'
import type { Database } from '../../src/ports/database.ts'
import type { Passwords } from '../../src/ports/passwords.ts'
import type { Identity } from '../../src/request/identity.ts'

export interface UserOptions {
  /** Default: `user`. */
  role?: string
  /** True if the email address is verified. */
  isVerified?: boolean
}

/** A signed-in user. */
export interface TestUser {
  id: string
  email: string
  /** For `app.as`. */
  identity: Identity
  /** For a request: `Authorization` with the token of the session. */
  headers: Readonly<Record<string, string>>
  /** Asks the app with these headers, as `app.request` does. */
  request(path: string, init?: RequestInit): Promise<Response>
}

/** The parts of an app that are used. */
interface Asked {
  request(path: string, init?: RequestInit): Response | Promise<Response>
}

/** Passwords as they are, because a hash takes a tenth of a second. */
export const plainPasswords: Passwords = {
  hash: async (password) => `plain ${password}`,
  verify: async (password, hash) => hash === `plain ${password}`,
  isCurrent: () => true,
}

const password = 'correct horse battery staple'

interface SignedUp {
  user: { id: string; email: string }
  session: { id: string; expiresAt: string }
  token: string
}

export async function signUp(
  app: Asked,
  database: Database,
  email: string,
  { role = 'user', isVerified = false }: UserOptions = {},
): Promise<TestUser> {
  const body = JSON.stringify({ email, password, token: true })
  const response = await app.request('/api/auth/sign-up', { method: 'POST', body })
  const text = await response.text()
  if (response.status !== 201) throw new Error(`The sign-up of ${email} failed: ${text}`)
  const { user, session, token } = (JSON.parse(text) as { data: SignedUp }).data
  // Nobody has used the session yet, so no identity of it is cached.
  const verifiedAt = isVerified ? 0 : null
  await database.write(() => run(updateUser(user.id, { role, disabledAt: null, verifiedAt })))
  const headers = { Authorization: `Bearer ${token}` }
  return {
    ...user,
    headers,
    identity: {
      userId: user.id,
      role,
      isVerified,
      scopes: null,
      credentialId: session.id,
      credential: 'session',
      expiresAtMs: Date.parse(session.expiresAt),
    },
    request: async (path, init = {}) =>
      await app.request(path, { ...init, headers: { ...headers, ...(init.headers as Record<string, string>) } }),
  }
}
