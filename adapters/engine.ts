import type { Config } from '../src/config.ts'
import { AppError, type ErrorCode } from '../src/errors.ts'
import { defaultLimits } from '../src/http1/limits.ts'
import { dataHeaders } from '../src/middleware/secure-headers.ts'
import { type Listening, listenError, readTls, type Served } from './listening.ts'
import { type Refusal, serve } from './tcp.ts'

/** Serves an app on Galley's own HTTP/1.1 server, on Node and on Deno. */
export async function listenOnEngine(app: Pick<Served, 'fetch'>, config: Config): Promise<Listening> {
  const tls = readTls(config)
  try {
    return await serve({
      port: config.PORT,
      hostname: config.HOST,
      fetch: (request, peer) => app.fetch(request, peer),
      refuse,
      // A trusted proxy brings everybody's connections.
      limits: config.TRUST_PROXY.length > 0 ? { connectionsPerAddressMax: defaultLimits.connectionsMax } : {},
      ...(tls && { tls }),
    })
  } catch (error) {
    throw listenError(error, config)
  }
}

const codes: Readonly<Record<Refusal['status'], ErrorCode>> = {
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

/** Answers what is no request at all in the shape of every other error. */
function refuse({ status, message: reason }: Refusal): Response {
  const { message, code } = new AppError(codes[status], reason)
  const requestId = crypto.randomUUID()
  return Response.json(
    { error: message, status, code, requestId },
    { status, headers: { ...dataHeaders, 'X-Request-Id': requestId } },
  )
}
