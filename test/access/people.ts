/** Callers: people and their credentials, valid and expired. */
import { cookieNameAt, type Send } from '../conformance/http.ts'

export const password = 'correct horse battery'

/** A caller and its credential. */
export interface Asker {
  userId: string
  /** Null for an anonymous caller. */
  token: string | null
  credential: 'session' | 'key' | null
  /** The token of the session or the key. */
  credentialId: string
}

export interface Person extends Asker {
  email: string
  token: string
}

export const nobody: Asker = { userId: '', token: null, credential: null, credentialId: '' }

export function bearer({ token }: Pick<Asker, 'token'>): Record<string, string> {
  return token === null ? {} : { Authorization: `Bearer ${token}` }
}

export function cookie({ token }: Pick<Asker, 'token'>, origin: string): Record<string, string> {
  return token === null ? {} : { Cookie: `theme=dark; ${cookieNameAt(origin)}=${token}` }
}

interface Entered {
  user: { id: string; email: string }
  session: { id: string }
  token: string
}

/** Signs up, and uses a bearer token. */
export async function signUp(send: Send, more: { code?: string } = {}): Promise<Person> {
  const email = `${crypto.randomUUID()}@example.com`
  const reply = await send('POST /api/auth/sign-up', { body: { email, password, token: true, ...more } })
  if (reply.status !== 201) throw new Error(reply.text)
  return personOf(reply.body<Entered>().data)
}

/** A further session of the same person. */
export async function signIn(send: Send, { email }: Pick<Person, 'email'>): Promise<Person> {
  const reply = await send('POST /api/auth/sign-in', { body: { email, password, token: true } })
  if (reply.status !== 200) throw new Error(reply.text)
  return personOf(reply.body<Entered>().data)
}

function personOf({ user, session, token }: Entered): Person {
  return { userId: user.id, email: user.email, token, credential: 'session', credentialId: session.id }
}

interface NewKey {
  id: string
  secret: string
}

export async function makeKey(
  send: Send,
  person: Person,
  scopes: readonly string[],
  more: { expiresAt?: string } = {},
): Promise<Asker & { token: string }> {
  const reply = await send('POST /api/auth/keys', { headers: bearer(person), body: { name: 'key', scopes, ...more } })
  if (reply.status !== 201) throw new Error(reply.text)
  const { id, secret } = reply.body<NewKey>().data
  return { userId: person.userId, token: secret, credential: 'key', credentialId: id }
}

/** Sends a request that must not fail. */
export async function act(send: Send, asker: Asker, line: string, body?: unknown): Promise<void> {
  const reply = await send(line, { headers: bearer(asker), ...(body !== undefined && { body }) })
  if (reply.status >= 300) throw new Error(`${line}: ${reply.text}`)
}

interface Standing {
  role?: string
  verified?: boolean
}

/** A user whom an administrator changed, in a session that began afterwards. */
export async function signUpWith(send: Send, root: Person, standing: Standing): Promise<Person> {
  const person = await signUp(send)
  await act(send, root, `PATCH /api/admin/users/${person.userId}`, standing)
  return signIn(send, person)
}

/** A user with a role. */
export function signUpAs(send: Send, root: Person, role: string): Promise<Person> {
  return signUpWith(send, root, { role })
}

/** The callers of the access matrix with valid credentials. */
export const askerNames = [
  'anonymous',
  /** The only one whose email address is verified. */
  'other',
  'editor',
  'owner',
  'admin',
  /** Keys of the owner: without a scope for the row, for reading it, for everything. */
  'foreignKey',
  'readingKey',
  'fullKey',
  /** A key of an administrator without a scope for the row. */
  'adminForeignKey',
] as const

export type AskerName = (typeof askerNames)[number]
export type Askers = Readonly<Record<AskerName, Asker>> & {
  owner: Person
  admin: Person
  editor: Person
  other: Person
}

/** @param names the scopes of the reading key */
export async function makeAskers(send: Send, root: Person, names: readonly string[]): Promise<Askers> {
  const [other, editor, owner, admin] = await Promise.all([
    signUpWith(send, root, { verified: true }),
    signUpAs(send, root, 'editor'),
    signUp(send),
    signUpAs(send, root, 'admin'),
  ])
  return {
    anonymous: nobody,
    other,
    editor,
    owner,
    admin,
    foreignKey: await makeKey(send, owner, ['elsewhere:read', 'elsewhere:write']),
    readingKey: await makeKey(
      send,
      owner,
      names.map((name) => `${name}:read`),
    ),
    fullKey: await makeKey(send, owner, ['*']),
    adminForeignKey: await makeKey(send, admin, ['elsewhere:read', 'elsewhere:write']),
  }
}

/** Callers whose credential is no longer valid, and one whose credential never was. */
export async function makeDead(send: Send, root: Person, pass: (ms: number) => void): Promise<Record<string, Asker>> {
  const person = await signUp(send)
  const hourMs = 3_600_000
  const expiredKey = await makeKey(send, person, ['*'], { expiresAt: new Date(Date.now() + hourMs).toISOString() })
  const expired = await signIn(send, person)
  pass(31 * 24 * hourMs)
  const fresh = await signIn(send, person)
  const [signedOut, revokedKey, disabled] = [
    await signIn(send, person),
    await makeKey(send, fresh, ['*']),
    await signUp(send),
  ]
  await act(send, signedOut, 'POST /api/auth/sign-out')
  await act(send, fresh, `DELETE /api/auth/keys/${revokedKey.credentialId}`)
  await act(send, await signIn(send, root), `PATCH /api/admin/users/${disabled.userId}`, { disabled: true })
  const never = { ...nobody, credential: 'session' as const, token: `gls_${'A'.repeat(43)}` }
  return { expired, signedOut, expiredKey, revokedKey, disabled, never }
}
