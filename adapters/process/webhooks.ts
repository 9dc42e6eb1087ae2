/**
 * The port of webhooks for Node, Deno and Bun. It looks a name up itself, checks every address, and connects to one of them by
 * its number, with the name in `Host` and in the TLS handshake. So the name cannot lead elsewhere between check and connection.
 */
import { lookup as lookUp } from 'node:dns/promises'
import { type IncomingMessage, request as openHttp, type RequestOptions } from 'node:http'
import { request as openHttps } from 'node:https'
import { isIP } from 'node:net'
import type { WebhookMessage, WebhookSender } from '../../src/ports/webhook-sender.ts'
import { addressIn, DestinationError, Destinations } from '../../src/webhooks/destination.ts'

export interface WebhookSenderOptions {
  /** Networks of private addresses that may receive webhooks. */
  networks: readonly string[]
  /** Finds the addresses of a name. Default: as the system does. */
  lookup?: Lookup
  /** Certificates that are trusted in place of the usual ones. */
  ca?: string
}

export function createWebhookSender({ networks, lookup = systemLookup, ca }: WebhookSenderOptions): WebhookSender {
  const destinations = new Destinations(networks)
  const find = sharing(lookup)

  async function addressOf(url: URL): Promise<string> {
    const literal = addressIn(url)
    const addresses = literal === null ? await find(url.hostname) : [literal]
    for (const address of addresses) destinations.check(address, url)
    // IPv4 first, because many machines have no route for IPv6.
    const address = addresses.find((each) => !each.includes(':')) ?? addresses[0]
    if (address === undefined) throw new DestinationError('must have a name that has an address')
    return address
  }

  return {
    networks,
    async send(message, signal) {
      const url = destinations.parse(message.url)
      const address = await untilAborted(addressOf(url), signal)
      try {
        const response = await post(url, message, { ...(ca !== undefined && { ca }), host: address, signal })
        const { statusCode: status = 0, headers } = response
        const text = await readStart(response, message.responseBytesMax)
        return { status, retryAfter: headers['retry-after'] ?? null, text }
      } catch (error) {
        signal.throwIfAborted()
        throw error
      }
    },
  }
}

async function systemLookup(name: string): Promise<string[]> {
  const found = await lookUp(name, { all: true })
  return found.map(({ address }) => address)
}

type Lookup = (name: string) => Promise<readonly string[]>

/**
 * Looks a name up once at a time. A lookup that takes long cannot be ended and keeps one of few threads, so the deliveries to one
 * endpoint must not take them all from the others.
 */
function sharing(lookup: Lookup): Lookup {
  const running = new Map<string, Promise<readonly string[]>>()
  return (name) => {
    const known = running.get(name)
    if (known !== undefined) return known
    const started = lookup(name).finally(() => running.delete(name))
    running.set(name, started)
    return started
  }
}

/** A lookup cannot be ended, but it need not be waited for. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Sends a request, and resolves with the head of the response. */
function post(
  { protocol, host, hostname, port, pathname, search }: URL,
  { headers, body }: WebhookMessage,
  options: RequestOptions & { ca?: string; signal: AbortSignal },
): Promise<IncomingMessage> {
  const isSecure = protocol === 'https:'
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const all = {
    ...options,
    method: 'POST',
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    path: pathname + search,
    // A connection of its own, because one that is kept belongs to an address and not to a name.
    agent: false as const,
    headers: { ...headers, host, 'content-length': String(Buffer.byteLength(body)) },
    ...(isSecure && isIP(hostname.replace(/^\[(.*)\]$/, '$1')) === 0 && { servername: hostname }),
  }
  const request = (isSecure ? openHttps : openHttp)(all)
  request.on('response', resolve).on('error', reject).end(body)
  return promise
}

/** Reads the first bytes of a body, and ends the connection where there are more. */
async function readStart(response: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes >= bytesMax) break
  }
  return Buffer.concat(chunks).subarray(0, bytesMax).toString()
}
