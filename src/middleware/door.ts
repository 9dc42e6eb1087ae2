import type { RequestContext } from '../context.ts'
import { AppError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import { compress, compressBytesMin } from './compress.ts'
import { corsHeaders } from './cors.ts'
import { createHostCheck, refuseCrossSite } from './cross-site.ts'
import { finishedLength, replyError } from './reply.ts'
import { createRequestIds } from './request-id.ts'
import { dataHeaders } from './secure-headers.ts'

type Handler = (request: Request, context: RequestContext) => Response | Promise<Response>

/** Lets a request in to its handler, and its answer out. Never throws an `AppError`. */
export type Door = (request: Request, handle: Handler) => Response | Promise<Response>

/**
 * What happens to every request before and after its route, in one pass and without a promise of its
 * own: name it, refuse it when it comes from where it should not, run it, and see that the answer
 * carries what every answer must.
 */
export function createDoor({ settings, random }: Pick<Platform, 'settings' | 'random'>): Door {
  const requestId = createRequestIds(random)
  const checkHost = createHostCheck(settings.hosts)
  const corsOrigins = new Set(settings.corsOrigins)

  function finish(request: Request, response: Response, context: RequestContext): Response {
    const length = finishedLength(response)
    if (length !== undefined && length < compressBytesMin && corsOrigins.size === 0) return response
    const complete = length === undefined ? withHeaders(response, context) : response
    if (corsOrigins.size > 0) addCors(request, complete)
    return compress(request, complete, length ?? contentLength(complete))
  }

  function addCors(request: Request, { headers }: Response): void {
    const cors = corsHeaders(request, corsOrigins, headers.get('allow'))
    headers.append('Vary', 'Origin')
    for (const [name, value] of Object.entries(cors ?? {})) headers.set(name, value)
  }

  function admit(request: Request, handle: Handler): Response | Promise<Response> {
    const context: RequestContext = { requestId: requestId(request), principal: 'anonymous', bodyText: '' }
    const refuse = (error: unknown): Response => {
      if (!(error instanceof AppError)) throw error
      return finish(request, replyError({ env: context, req: { raw: request } }, error), context)
    }
    try {
      checkHost(request)
      refuseCrossSite(request, corsOrigins)
      const response = handle(request, context)
      if (!(response instanceof Promise)) return finish(request, response, context)
      return response.then((later) => finish(request, later, context)).catch(refuse)
    } catch (error) {
      return refuse(error)
    }
  }

  /** HEAD is GET without the body (RFC 9110 §9.3.2), headers and all. */
  async function head(request: Request, handle: Handler): Promise<Response> {
    return withoutBody(await admit(request, (admitted, context) => handle(asGet(admitted), context)))
  }

  return (request, handle) => (request.method === 'HEAD' ? head : admit)(request, handle)
}

/** Without `Range`, which is for GET alone (RFC 9110 §14.2). */
function asGet({ url, headers, signal }: Request): Request {
  const all = new Headers(headers)
  all.delete('range')
  return new Request(url, { headers: all, signal })
}

/** Keeps what tells the length: the header, or a stream where GET would send one, lest a runtime claim zero. */
async function withoutBody(response: Response): Promise<Response> {
  const { status, headers } = response
  const hasBody = response.body !== null
  if (finishedLength(response) !== undefined && hasBody) {
    headers.set('Content-Length', String((await response.arrayBuffer()).byteLength))
  } else {
    await response.body?.cancel()
  }
  const isStream = hasBody && !headers.has('content-length')
  return new Response(isStream ? new Blob([]).stream() : null, { status, headers })
}

function contentLength({ headers }: Response): number | undefined {
  const text = headers.get('content-length')
  return text === null ? undefined : Number(text)
}

/** The headers that an answer from elsewhere than `reply` may lack. */
function withHeaders(response: Response, { requestId }: RequestContext): Response {
  const headers = new Headers(response.headers)
  headers.set('X-Request-Id', requestId)
  if (!headers.has('cache-control')) headers.set('Cache-Control', 'no-cache')
  for (const [name, value] of Object.entries(dataHeaders)) if (!headers.has(name)) headers.set(name, value)
  return new Response(response.body, { status: response.status, headers })
}
