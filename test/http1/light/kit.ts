/** Makes each object natively or light, so that one case runs on both. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { plainCodec } from '../../../src/http1/codec.ts'
import { FieldScanner } from '../../../src/http1/fields.ts'
import { installLightObjects } from '../../../src/http1/globals.ts'
import { HeaderCache } from '../../../src/http1/header-cache.ts'
import { LightBody } from '../../../src/http1/light-body.ts'
import { fieldList, LightHeaders } from '../../../src/http1/light-headers.ts'
import { LightRequest } from '../../../src/http1/light-request.ts'
import { defaultLimits } from '../../../src/http1/limits.ts'
import type { RequestHead } from '../../../src/http1/request-head.ts'
import { RequestParser } from '../../../src/http1/request-parser.ts'
import type { Target } from '../../../src/http1/target.ts'
import { PartsBody } from './parts-body.ts'

export type Pairs = [string, string][]

/** `bytes` come as what the socket gave, which on Node is a Buffer in a larger pool. */
export type BodyForm = 'text' | 'bytes' | 'pooled bytes' | 'parts'

export interface RequestPlan {
  method?: string
  /** The target as it stands in the request line. */
  target?: string
  host?: string
  fields?: Pairs
  body?: string | Uint8Array<ArrayBuffer>
  form?: BodyForm
  /** The body breaks off with this. */
  failure?: Error
}

export interface Kit {
  /** From whatever an init may be. */
  headers(init?: unknown): Headers
  /** As they would come with a request. */
  arrivedHeaders(pairs: Pairs): Headers
  Response: typeof Response
  Request: typeof Request
  fetch: typeof fetch
  request(plan?: RequestPlan): Request
  /** The client of the request goes away. */
  abort(request: Request, reason: Error): void
  /** The URL of a server that echoes requests as JSON. */
  echo: string
}

export interface Case {
  name: string
  /** Returns the observation as a JSON value; an error counts by its name. */
  run(kit: Kit): unknown
}

/** The constructors of the runtime, whatever stands in their place later. */
export const natives = { Headers, Request, Response, fetch }

const encoder = new TextEncoder()

function bytesOf(body: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return typeof body === 'string' ? encoder.encode(body) : body
}

function partsOf(plan: RequestPlan): PartsBody {
  const bytes = bytesOf(plan.body ?? '')
  const middle = Math.ceil(bytes.length / 2)
  return new PartsBody([bytes.slice(0, middle), bytes.slice(middle)], plan.failure ?? null)
}

function lightBody(plan: RequestPlan): LightBody | null {
  const { body, form = 'bytes' } = plan
  if (body === undefined) return null
  if (form === 'text' && typeof body === 'string') return new LightBody(body)
  if (form === 'parts') return new LightBody(partsOf(plan))
  return new LightBody(form === 'pooled bytes' ? Buffer.from(bytesOf(body)) : bytesOf(body).slice())
}

/** Parses a request line and fields. */
function parse({ method = 'GET', target = '/', host = 'host.test', fields = [] }: RequestPlan): RequestHead {
  const lines = [['host', host], ...fields].map(([name, value]) => `${name}: ${value}\r\n`)
  const bytes = Uint8Array.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, (char) => char.charCodeAt(0))
  const parser = new RequestParser({
    codec: plainCodec,
    limits: defaultLimits,
    headerCache: new HeaderCache(plainCodec),
    scheme: 'http',
    authority: 'host.test',
    spare: { line: null, fields: null },
  })
  parser.feed(bytes, 0, bytes.length)
  return parser.next() as RequestHead
}

function lightRequest(plan: RequestPlan = {}): Request {
  const head = parse(plan)
  return new LightRequest(head, head.target as Target, lightBody(plan)) as unknown as Request
}

const controllers = new WeakMap<Request, AbortController>()

function nativeRequest(plan: RequestPlan = {}): Request {
  const { method = 'GET', target = '/', host = 'host.test', fields = [], body, form } = plan
  const controller = new AbortController()
  const init: RequestInit & { duplex: 'half' } = {
    method,
    headers: [['host', host], ...fields],
    signal: controller.signal,
    duplex: 'half',
  }
  if (body !== undefined) init.body = form === 'parts' ? partsOf(plan).stream() : bytesOf(body)
  const request = new natives.Request(target.startsWith('/') ? `http://${host}${target}` : target, init)
  controllers.set(request, controller)
  return request
}

function arrivedHeaders(pairs: Pairs): Headers {
  const text = `${pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0))
  const scanner = new FieldScanner(defaultLimits)
  const end = scanner.scan(bytes, 0, 0, bytes.length)
  return LightHeaders.ofBlock(scanner.block(bytes, 0, end, plainCodec))
}

/** The runtime's own objects. */
export function nativeKit(echo: string): Kit {
  const { Headers: NativeHeaders } = natives
  return {
    headers: (init) => (init === undefined ? new NativeHeaders() : new NativeHeaders(init as HeadersInit)),
    arrivedHeaders: (pairs) => new NativeHeaders(pairs),
    Response: natives.Response,
    Request: natives.Request,
    fetch: natives.fetch,
    request: nativeRequest,
    abort: (request, reason) => controllers.get(request)?.abort(reason),
    echo,
  }
}

/** The light objects. This changes the globals of the process for good. */
export function lightKit(echo: string): Kit {
  installLightObjects()
  return {
    headers: (init) => LightHeaders.ofList(fieldList(init)),
    arrivedHeaders,
    Response: globalThis.Response,
    Request: globalThis.Request,
    fetch: globalThis.fetch,
    request: lightRequest,
    abort: (request, reason) => LightRequest.abort(request as unknown as LightRequest, reason),
    echo,
  }
}

/** A server that answers with method, target, `x-` fields and body of what it was sent. */
export async function startEcho(): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const chunks: Uint8Array[] = []
    request.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    request.on('end', () => {
      const fields = Object.entries(request.headers).filter(([name]) => name.startsWith('x-'))
      const body = Buffer.concat(chunks).toString()
      const type = request.headers['content-type'] ?? null
      response.setHeader('content-type', 'application/json')
      response.setHeader('connection', 'close')
      response.end(JSON.stringify({ method: request.method, url: request.url, fields, type, body }))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return { url: `127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}
