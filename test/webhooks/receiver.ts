/** A real receiver on a loopback address, whose responses the test decides. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { SignedMessage } from '../../src/webhooks/signature.ts'

export interface Received {
  path: string
  /** `webhook-id` and `webhook-timestamp`, with the body. */
  message: SignedMessage
  /** Those in `webhook-signature`. */
  signatures: string[]
  headers: IncomingHttpHeaders
  body: string
}

export interface Receiver {
  url: string
  received: Received[]
  /** Responds to each request; default: 204. */
  respond(request: Received, response: ServerResponse): void
  close(): Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    const { url = '', headers } = request
    const body = await text(request)
    const message = { id: String(headers['webhook-id']), timestamp: Number(headers['webhook-timestamp']), body }
    const received = { path: url, headers, body, message, signatures: String(headers['webhook-signature']).split(' ') }
    receiver.received.push(received)
    receiver.respond(received, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    received: [],
    respond: (_, response) => void response.writeHead(204).end(),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return receiver
}
