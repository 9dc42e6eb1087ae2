/** Secrets and signatures of Standard Webhooks 1.0.0 (https://www.standardwebhooks.com), symmetric scheme. */
import type { Platform } from '../ports/platform.ts'

const prefix = 'whsec_'
/** Of the 24 to 64 that the specification allows. */
const secretBytes = 32

export function makeSecret({ random }: Pick<Platform, 'random'>): string {
  return prefix + random(new Uint8Array(secretBytes)).toBase64()
}

export interface SignedMessage {
  id: string
  /** Seconds since 1970. */
  timestamp: number
  body: string
}

/** Signs `id.timestamp.body`, by each secret. */
export async function signatureOf(secrets: readonly string[], message: SignedMessage): Promise<string> {
  const all = await Promise.all(secrets.map((secret) => sign(secret, message)))
  return all.join(' ')
}

async function sign(secret: string, { id, timestamp, body }: SignedMessage): Promise<string> {
  const bytes = Uint8Array.fromBase64(secret.slice(prefix.length))
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const content = new TextEncoder().encode(`${id}.${timestamp}.${body}`)
  return `v1,${new Uint8Array(await crypto.subtle.sign('HMAC', key, content)).toBase64()}`
}
