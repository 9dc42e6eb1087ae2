import type { Config } from '../../src/config.ts'
import { AppError, type ErrorCode } from '../../src/errors.ts'
import { errorResponse } from '../../src/http/error-response.ts'
import { installLightObjects } from '../../src/http1/globals.ts'
import { defaultLimits } from '../../src/http1/limits.ts'
import { createAcceptMessages } from '../tcp/channel.ts'
import { Listener } from '../tcp/listener.ts'
import type { HttpError, ServeOptions } from '../tcp/serve.ts'
import { createWebSockets } from '../websocket/web-sockets.ts'
import { type Listening, type MessageServer, readTls } from './listening.ts'

/** Serves an app on Galley's own HTTP/1.1 server, on Node and on Deno, and messages on the same port. */
export async function listenOnEngine(app: MessageServer, config: Config): Promise<Listening> {
  installLightObjects()
  const options = engineOptions(app, config)
  const listener = new Listener(options, createAcceptMessages(app))
  const port = await listener.listen(options)
  return { port, drain: () => listener.drain(), close: () => listener.close(closeGraceMs) }
}

function engineOptions(app: MessageServer, config: Config): ServeOptions {
  const tls = readTls(config)
  const accept = createWebSockets(app)
  return {
    port: config.PORT,
    hostname: config.HOST,
    fetch: (request, peer) => app.fetch(request, peer),
    upgrade(request, socket, head) {
      const peer = app.admit(request, { address: socket.remoteAddress ?? null, isSecure: tls !== null })
      if (peer === null) return false
      accept({ request, socket, head }, peer)
      return true
    },
    errorResponse: refuse,
    // All connections come from the trusted proxy.
    limits: config.TRUST_PROXY.length > 0 ? { connectionsPerAddressMax: defaultLimits.connectionsMax } : {},
    ...(tls && { tls }),
  }
}

/** Connections that are still open after this are destroyed. */
const closeGraceMs = 15_000

const codes: Readonly<Record<HttpError['status'], ErrorCode>> = {
  400: 'bad_request',
  408: 'request_timeout',
  413: 'body_too_large',
  414: 'target_too_long',
  417: 'expectation_failed',
  421: 'misdirected_request',
  431: 'headers_too_large',
  500: 'internal',
  501: 'not_implemented',
  505: 'version_not_supported',
}

/** Makes the response to bytes that are not a request. */
function refuse({ status, message }: HttpError): Response {
  return errorResponse(new AppError(codes[status], message), { requestId: crypto.randomUUID() }, null)
}
