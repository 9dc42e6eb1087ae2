/** Requests that Node's HTTP server would refuse by a response of its own, without the error envelope. */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { AppError } from '../../src/errors.ts'
import { errorResponse } from '../../src/http/error-response.ts'

/** Passes requests to the app, but for those. The option `requireHostHeader` of the server must be off. */
export function serveRequests(
  server: Server,
  handle: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>,
): void {
  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const response = responseInFront(incoming)
    void (response === null ? handle(incoming, outgoing) : respond(outgoing, response))
  })
  server.on('checkExpectation', (_, outgoing: ServerResponse) => {
    void respond(outgoing, refusal(new AppError('expectation_failed')))
  })
  server.on('connect', (_, socket: Socket) => {
    socket.on('error', () => {})
    void endWith(socket, refusal(new AppError('not_implemented', 'CONNECT is not supported.')))
  })
}

/** Null for a request that the app handles. Completes `Host` where it is allowed to be incomplete (RFC 9112 §3.2). */
function responseInFront({ method, url, headers, httpVersion }: IncomingMessage): Response | null {
  if (headers.host === undefined && httpVersion !== '1.0') {
    return refusal(new AppError('bad_request', 'Host is missing.'))
  }
  if (url === '*') {
    return method === 'OPTIONS'
      ? new Response(null, { status: 204 })
      : refusal(new AppError('bad_request', 'Only OPTIONS may have the target *.'))
  }
  if (headers.host?.endsWith(':')) headers.host = headers.host.slice(0, -1)
  return null
}

/** The response to bytes that are no request for the app. */
export function refusal(error: AppError): Response {
  return errorResponse(error, { requestId: crypto.randomUUID() }, null)
}

async function respond(outgoing: ServerResponse, response: Response): Promise<void> {
  const body = await response.text()
  // Node adds the length of a response whose head is not yet written.
  outgoing.statusCode = response.status
  outgoing.setHeaders(response.headers)
  outgoing.end(body)
}

/** Sends a response as the last bytes of a connection that Node has no response object for. */
export async function endWith(socket: Socket, response: Response): Promise<void> {
  const { status, headers } = response
  const body = await response.text()
  const lines = [...headers, ['content-length', Buffer.byteLength(body)], ['connection', 'close']]
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`)
}
