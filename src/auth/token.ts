/**
 * Tokens: 256 random bits after a prefix that names their kind. Only their SHA-256 is stored. A slow hash is for passwords,
 * which people choose; nobody can guess 256 random bits.
 */
import type { Platform } from '../ports/platform.ts'

/** The first characters of each kind. Scanners for leaked secrets recognize them too. */
export const tokenPrefixes = {
  session: 'gls_',
  key: 'glk_',
  reset: 'glr_',
  verification: 'glv_',
  administrator: 'gla_',
} as const

type TokenKind = keyof typeof tokenPrefixes

const tokenBytes = 32
const credentialPattern = /^gl[sk]_[\w-]{43}$/

interface NewToken {
  /** Shown to the client once. */
  token: string
  /** Stored. */
  hash: string
}

export type MakeToken = (kind: TokenKind) => Promise<NewToken>

export function createTokens({ random }: Pick<Platform, 'random'>): MakeToken {
  return async (kind) => {
    const bytes = random(new Uint8Array(tokenBytes))
    const token = tokenPrefixes[kind] + bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
    return { token, hash: await hashOf(token) }
  }
}

const encoder = new TextEncoder()

/** The stored form of a token. */
export async function hashOf(token: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(token))).toHex()
}

/** Tests whether a text has the form of a session's token or of an API key. */
export function isCredential(text: string): boolean {
  return credentialPattern.test(text)
}
