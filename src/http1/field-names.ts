/**
 * The names of common request fields, found by the hash of their bytes during the scan, so that they need no new string
 * and compare as pointers. The names that decide about framing are among them (RFC 9112 §6, RFC 9110 §7).
 */
const names = [
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'access-control-request-headers',
  'access-control-request-method',
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'date',
  'dnt',
  'expect',
  'forwarded',
  'from',
  'host',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'last-event-id',
  'origin',
  'pragma',
  'priority',
  'range',
  'referer',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'sec-fetch-user',
  'sec-gpc',
  'sec-websocket-extensions',
  'sec-websocket-key',
  'sec-websocket-protocol',
  'sec-websocket-version',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'upgrade-insecure-requests',
  'user-agent',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'x-request-id',
  'x-requested-with',
] as const

interface FieldName {
  name: string
  bytes: Uint8Array
}

const slots = 4096
const table: (FieldName | undefined)[] = Array.from({ length: slots })

/** One step of the hash of a name, whatever the case of its letters. */
export function hashByte(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + (byte | 0x20)) | 0
}

for (const name of names) {
  const bytes = new TextEncoder().encode(name)
  // A collision costs the later name its slot and nothing else.
  table[bytes.reduce(hashByte, 0) & (slots - 1)] ??= { name, bytes }
}

/** Returns the common field name that these bytes spell, in any case; '' for other names. */
export function commonName(bytes: Uint8Array, start: number, end: number, hash: number): string {
  const known = table[hash & (slots - 1)]
  if (known === undefined || known.bytes.length !== end - start) return ''
  for (let index = 0; index < known.bytes.length; index++) {
    const byte = bytes[start + index]!
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    if (lower !== known.bytes[index]) return ''
  }
  return known.name
}
