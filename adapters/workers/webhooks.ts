/**
 * The port of webhooks on Workers. Their `fetch` reaches no private network, so a name needs no lookup; addresses in a URL are refused
 * all the same.
 */
import type { WebhookSender } from '../../src/ports/webhook-sender.ts'
import { addressIn, DestinationError, Destinations } from '../../src/webhooks/destination.ts'

export function createWebhookSender(networks: readonly string[]): WebhookSender {
  const destinations = new Destinations(networks)
  return {
    networks,
    async send({ url: text, headers, body, responseBytesMax }, signal) {
      const url = destinations.parse(text)
      if (url.protocol === 'http:' && addressIn(url) === null)
        throw new DestinationError('must begin with https://, because its name cannot be looked up here')
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
      const { status } = response
      return {
        status,
        retryAfter: response.headers.get('retry-after'),
        text: await readStart(response, responseBytesMax),
      }
    },
  }
}

/** Reads the first bytes of a body, and cancels the rest. */
async function readStart({ body }: Response, bytesMax: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk.subarray(0, bytesMax - bytes), { stream: true })
    bytes += chunk.byteLength
    if (bytes >= bytesMax) break
  }
  return text
}
