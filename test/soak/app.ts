/** The app of a soak run: each kind of handler, good and bad. */
import { setTimeout as pause } from 'node:timers/promises'
import { contents, contentsWhole, Digest } from './contents.ts'
import { counted, countedStream, IntendedError } from './in-flight.ts'

interface Call {
  request: Request
  path: string
  number: number
  /** A number of the query, 0 when it is not there. */
  query(name: string): number
  /** The headers of each response: the number comes back. */
  headers: Record<string, string>
}

type Handler = (call: Call) => Response | Promise<Response>

const encoder = new TextEncoder()
/** Broken traffic brings other numbers, too. */
const most: Record<string, number> = { ms: 1000, bytes: 64 * 2 ** 20, times: 100_000, declared: 1 }

/** Synchronous handlers are answered within the same turn, so they must stay that way. */
const atOnce: Record<string, Handler> = {
  '/json': ({ number, headers }) => Response.json({ number }, { headers }),
  '/sized': ({ number, query, headers }) => new Response(contentsWhole(number, query('bytes')), { headers }),
  '/text': ({ number, query, headers }) => new Response(`${number};`.repeat(query('times')), { headers }),
  '/none': ({ headers }) => new Response(null, { status: 204, headers }),
  '/same': ({ headers }) => new Response(null, { status: 304, headers: { ...headers, etag: '"1"' } }),
  '/throws': () => {
    throw new IntendedError('thrown at once')
  },
  '/stream': ({ path, number, query, headers }) => {
    const length = query('bytes')
    const parts = contents(number, length)
    const declared = query('declared') ? { 'content-length': String(length) } : {}
    return new Response(countedStream({ path, next: () => parts.next().value ?? null }), {
      headers: { ...headers, ...declared },
    })
  },
  '/echo': ({ request, headers }) => new Response(request.body, { headers }),
  '/unread': ({ number, headers }) => Response.json({ number }, { headers }),
  '/breaks': ({ path, number, query, headers }) => {
    const parts = contents(number, query('bytes'))
    const stream = countedStream({
      path,
      next() {
        const { value } = parts.next()
        if (value === undefined) throw new IntendedError('a stream that fails')
        return value
      },
    })
    return new Response(stream, { headers })
  },
  '/short': ({ path, number, headers }) => {
    const parts = contents(number, 1000)
    return new Response(countedStream({ path, next: () => parts.next().value ?? null }), {
      headers: { ...headers, 'content-length': '1001' },
    })
  },
  '/events': ({ path, number, headers }) => {
    let event = 0
    const stream = countedStream({
      path,
      async next() {
        if (event > 0) await pause(20)
        return encoder.encode(`data: ${number} ${event++}\n\n`)
      },
    })
    return new Response(stream, { headers: { ...headers, 'content-type': 'text/event-stream' } })
  },
  '/silent': ({ path, number, headers }) => {
    let isFirst = true
    const over = Promise.withResolvers<null>()
    const stream = countedStream({
      path,
      next() {
        if (!isFirst) return over.promise
        isFirst = false
        return encoder.encode(`data: ${number} 0\n\n`)
      },
      onOver: () => over.resolve(null),
    })
    return new Response(stream, { headers: { ...headers, 'content-type': 'text/event-stream' } })
  },
  // Nothing holds on to what never resolves, so neither may the engine when the client is gone.
  '/deaf': () => new Promise<Response>(() => {}),
}

const inTime: Record<string, Handler> = {
  '/slow': async ({ number, query, headers }) => {
    await pause(query('ms'))
    return Response.json({ number }, { headers })
  },
  '/throws-late': async ({ query }) => {
    await pause(query('ms'))
    throw new IntendedError('thrown late')
  },
  '/hash': ({ request, number, headers }) => hashed(request, number, headers),
  '/late': async ({ request, number, query, headers }) => {
    await pause(query('ms'))
    return await hashed(request, number, headers)
  },
  '/whole': async ({ request, number, headers }) => {
    const digest = new Digest()
    digest.update(await request.bytes())
    return Response.json({ number, digest: digest.end() }, { headers })
  },
  '/part': async ({ request, number, headers }) => {
    const reader = request.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    return Response.json({ number }, { headers })
  },
  '/cloned': async ({ request, headers }) => {
    const [copy, bytes] = [request.clone(), await request.bytes()]
    return new Response(Buffer.from(bytes).equals(await copy.bytes()) ? bytes : 'The clone differs.', { headers })
  },
  '/never': async ({ request, headers }) => {
    const gone = Promise.withResolvers<void>()
    request.signal.addEventListener('abort', () => gone.resolve(), { once: true })
    if (!request.signal.aborted) await gone.promise
    return new Response('for nobody', { headers })
  },
}

export function fetch(request: Request): Response | Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  const given = request.headers.get('x-number') ?? ''
  const number = /^\d{1,15}$/.test(given) ? Number(given) : 0
  const headers = { 'x-number': String(number) }
  const query = (name: string) => Math.min(Math.abs(Math.trunc(Number(searchParams.get(name)))) || 0, most[name] ?? 0)
  const call: Call = { request, path: pathname, number, query, headers }
  const [quick, slow] = [atOnce[pathname], inTime[pathname]]
  if (quick !== undefined) return quick(call)
  if (slow !== undefined) return counted(pathname, () => slow(call))
  return new Response('There is no such thing.\n', { status: 404, headers })
}

async function hashed(request: Request, number: number, headers: Record<string, string>): Promise<Response> {
  const digest = new Digest()
  for await (const part of request.body ?? []) digest.update(part)
  return Response.json({ number, digest: digest.end() }, { headers })
}
