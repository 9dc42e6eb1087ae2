import type { IncomingMessage } from 'node:http'
/** The process that is soaked. It serves, and reports its requests in flight and its memory on standard output. */
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { WebSocketServer } from 'ws'
import { type ServeOptions, type Server, serve } from '../../adapters/tcp/serve.ts'
import { makeCertificate } from '../http1/serving/certificate.ts'
import { fetch } from './app.ts'
import type { Ready, ServerOrder } from './commands.ts'
import { begin, flight, IntendedError, over } from './in-flight.ts'
import { limits, smallLimits } from './limits.ts'
import { measure } from './memory.ts'

const acceptor = new WebSocketServer({ noServer: true, perMessageDeflate: false })

process.on('uncaughtException', (error) => complain('an uncaught exception', error))
process.on('unhandledRejection', (error) => complain('an unhandled rejection', error))
const servers = await start()
createInterface({ input: process.stdin })
  .on('line', (line) => void obey(JSON.parse(line) as ServerOrder))
  .on('close', () => process.exit())

async function start(): Promise<Server[]> {
  const common: ServeOptions = { fetch, port: 0, hostname: '0.0.0.0', limits, onError, upgrade }
  const plain = await serve(common)
  const secure = await serve({ ...common, tls: makeCertificate() })
  const small = await serve({ ...common, limits: smallLimits })
  const ready: Ready = {
    pid: process.pid,
    ports: { plain: plain.port, secure: secure.port, small: small.port },
  }
  tell({ ready })
  return [plain, secure, small]
}

async function obey({ id, do: what }: ServerOrder): Promise<void> {
  if (what === 'status') tell({ id, result: flight })
  else if (what === 'measure') tell({ id, result: await measure() })
  else {
    await Promise.all(servers.map((server) => server.close()))
    tell({ id, result: null })
  }
}

function tell(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}

function complain(kind: string, error: unknown): void {
  tell({ complaint: `${kind}: ${error instanceof Error ? error.stack : String(error)}` })
}

function onError(error: unknown, request: Request | null): void {
  const isIntended = error instanceof IntendedError || /shorter than its Content-Length/.test(String(error))
  if (!isIntended) complain(`onError at ${request?.method} ${request?.url}`, error)
}

function upgrade(request: Request, socket: Socket, head: Buffer): boolean {
  const { pathname } = new URL(request.url)
  if (pathname !== '/ws') return false
  const { method } = request
  const headers = Object.fromEntries(request.headers)
  acceptor.handleUpgrade({ method, headers } as IncomingMessage, socket, head, (webSocket) => {
    begin('WebSockets')
    webSocket.on('close', () => over('WebSockets'))
    webSocket.on('error', () => {})
    webSocket.on('message', (data: Buffer, binary: boolean) => webSocket.send(data, { binary }))
  })
  return true
}
