import { createServer, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener, type Http2Bindings, type HttpBindings, RequestError } from '@hono/node-server'
import type { Config } from '../../src/config.ts'
import { AppError, type ErrorCode, StartError } from '../../src/errors.ts'
import { writeTimeoutMs } from '../../src/http/response-stream.ts'
import type { Peer } from '../../src/request/context.ts'
import { type Listening, type MakeServer, type MessageServer, readTls } from '../process/listening.ts'
import { runProcess, type ServeOptions } from '../process/run.ts'
import { writeOutput } from '../process/standard-output.ts'
import { createAcceptMessages } from '../tcp/channel.ts'
import { backlogMax } from '../tcp/listener.ts'
import { acceptMessages } from './messages.ts'
import { endWith, refusal, serveRequests } from './refusals.ts'
import { createNodeWebSockets } from './web-sockets.ts'

const nodeMajorMin = 26

/** A head must arrive within this time, however it drips. */
const headTimeoutMs = 5000
/** How often that is checked. */
const timeoutSweepMs = 500
const headerBytesMax = 16 * 1024
const keepAliveIdleMs = 65_000
const drainSweepMs = 20

const serverOptions = {
  headersTimeout: headTimeoutMs,
  // Bodies have limits of their own, where they are read.
  requestTimeout: 0,
  connectionsCheckingInterval: timeoutSweepMs,
  keepAliveTimeout: keepAliveIdleMs,
  maxHeaderSize: headerBytesMax,
  // Checked in `refusals.ts`, whose response has the error envelope.
  requireHostHeader: false,
}

/** Serves an app on Node until a signal ends it. */
export async function serve(server: MakeServer, options: ServeOptions = {}): Promise<void> {
  await runProcess(server, options, { listen, writeOutput, prepare })
}

async function listen(app: MessageServer, config: Config): Promise<Listening> {
  const { HOST, PORT } = config
  const tls = readTls(config)
  const isSecure = tls !== null
  const webSockets = createNodeWebSockets(app, isSecure)
  const handle = getRequestListener(
    (request: Request, { incoming }: HttpBindings | Http2Bindings) =>
      app.fetch(request, new SocketPeer(incoming.socket, isSecure)),
    {
      // Of a request of HTTP/1.0 without `Host`.
      hostname: 'localhost',
      errorHandler: (error) => refusal(new AppError(error instanceof RequestError ? 'bad_request' : 'internal')),
    },
  )
  const settings = { ...serverOptions, shouldUpgradeCallback: webSockets.isWanted }
  const server: Server = tls ? createSecureServer({ ...tls, ...settings }) : createServer(settings)
  serveRequests(server, handle)
  webSockets.acceptOn(server)
  const port = () => (server.address() as AddressInfo).port
  const messages = acceptMessages(server, {
    isSecure,
    accept: createAcceptMessages(app),
    firstByteTimeoutMs: headTimeoutMs,
    authority: () => `${HOST.includes(':') ? `[${HOST}]` : HOST}:${port()}`,
    onTimeout: (socket) => refuse(Object.assign(new Error(), { code: timeoutCode }), socket),
  })
  server.on('clientError', refuse)
  server.setTimeout(writeTimeoutMs, destroyIfStuck)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(PORT, HOST, backlogMax, resolve)
  })
  return {
    port: port(),
    drain: () => drain(server),
    close() {
      messages.close()
      return close(server)
    },
  }
}

/** Looks up the address on demand, because few requests need it. */
class SocketPeer implements Peer {
  readonly #socket: Socket
  readonly isSecure: boolean

  constructor(socket: Socket, isSecure: boolean) {
    this.#socket = socket
    this.isSecure = isSecure
  }

  get address(): string | null {
    return this.#socket.remoteAddress ?? null
  }

  get port(): number | undefined {
    return this.#socket.remotePort
  }
}

/** After a time without traffic, destroys a connection that is idle or takes no bytes, but not one whose response is in the making. */
function destroyIfStuck(socket: Busy): void {
  if (!socket._httpMessage || socket.writableLength > 0) socket.destroy()
}

function prepare(): void {
  const { node } = process.versions
  if (Number.parseInt(node, 10) < nodeMajorMin) {
    throw new StartError(
      `This needs Node ${nodeMajorMin}, not ${node}. \`npm ci\` installs it and \`npm start\` uses it.`,
    )
  }
}

/** A busy connection turns idle after its response, so idle ones are closed repeatedly until none is left. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), drainSweepMs)
    server.close(() => {
      clearInterval(sweep)
      resolve()
    })
    server.closeIdleConnections()
  })
}

function drain(server: Server): void {
  server.prependListener('request', (_, response) => {
    response.shouldKeepAlive = false
  })
}

const timeoutCode = 'ERR_HTTP_REQUEST_TIMEOUT'

const errorCodes: Record<string, ErrorCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  [timeoutCode]: 'request_timeout',
}

/** A socket with the response that it is busy with; Node has no public access to it. */
interface Busy extends Socket {
  _httpMessage?: ServerResponse | null
}

/** Responds to bytes that are no request. */
function refuse(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const current = (socket as Busy)._httpMessage
  if (current?.req.complete) {
    // The response to earlier bytes is on its way, and must not be overtaken.
    current.once('close', () => socket.end())
    return
  }
  void endWith(socket, refusal(new AppError(errorCodes[error.code ?? ''] ?? 'bad_request')))
}
