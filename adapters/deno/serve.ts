import type { Config } from '../../src/config.ts'
import { hasToken } from '../../src/connections/upgrade.ts'
import type { Peer } from '../../src/request/context.ts'
import { type Listening, type MakeServer, type MessageServer, readTls } from '../process/listening.ts'
import { runProcess, type ServeOptions } from '../process/run.ts'
import { createDenoWebSockets } from './web-sockets.ts'

/** The part of Deno that is used here, so that `tsc` can check this file as well as `deno check`. */
declare const Deno: {
  serve(
    options: { port: number; hostname: string; cert?: string; key?: string; onListen(): void },
    handler: (
      request: Request,
      info: { remoteAddr: { hostname: string; port: number } },
    ) => Response | Promise<Response>,
  ): { addr: { port: number }; shutdown(): Promise<void> }
  mkdirSync(path: string, options: { recursive: boolean; mode: number }): void
  stdout: { write(bytes: Uint8Array): Promise<number> }
}

/** Serves an app on Deno until a signal ends it. */
export async function serve(server: MakeServer, options: ServeOptions = {}): Promise<void> {
  await runProcess(server, options, {
    listen,
    listenErrorCode,
    writeOutput: (bytes) => Deno.stdout.write(bytes),
    // Step by step would need a permission for each parent, as Deno's `node:fs` does.
    makeDirectory: (path, mode) => Deno.mkdirSync(path, { recursive: true, mode }),
  })
}

async function listen(app: MessageServer, config: Config): Promise<Listening> {
  const tls = readTls(config)
  const options = { port: config.PORT, hostname: config.HOST, ...tls, onListen() {} }
  const webSockets = createDenoWebSockets(app)
  let isDraining = false
  const respond = async (request: Request, peer: Peer): Promise<Response> => {
    // Without the option, which other servers look at themselves, `Deno.upgradeWebSocket` throws.
    const client = hasToken(request.headers, 'connection', 'upgrade') ? app.admit(request, peer) : null
    if (client !== null) return webSockets.accept(request, client)
    const response = await app.fetch(request, peer)
    return isDraining ? withClose(response) : response
  }
  const server = Deno.serve(options, (request, { remoteAddr }) =>
    respond(request, {
      get address() {
        return remoteAddr.hostname
      },
      get port() {
        return remoteAddr.port
      },
      isSecure: tls !== null,
    }),
  )
  return {
    port: server.addr.port,
    drain() {
      isDraining = true
    },
    async close() {
      // Deno would close them with a code of its own.
      await webSockets.closed()
      await server.shutdown()
    },
  }
}

/** Deno reports an unknown host name without a code. */
function listenErrorCode(error: Error): string | undefined {
  return error.message.includes('failed to lookup address') ? 'ENOTFOUND' : undefined
}

function withClose({ body, status, headers }: Response): Response {
  const all = new Headers(headers)
  all.set('Connection', 'close')
  return new Response(body, { status, headers: all })
}
