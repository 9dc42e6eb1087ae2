/** The servers, each on a core and in a folder of its own. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPeers } from '../peers.ts'
import { type Server, startServer } from '../server.ts'
import type { Conditions } from './benchmark-case.ts'

const folderOfServers = fileURLToPath(new URL('./', import.meta.url))
const memorySignal = fileURLToPath(new URL('../http1/memory-signal.ts', import.meta.url))
const socketIoServer = fileURLToPath(new URL('../peers/socket-io.ts', import.meta.url))

type StartOptions = Pick<Conditions, 'folder' | 'serverCore'>

interface Start {
  /** Collects garbage and reports memory on a signal. */
  tellsMemory?: boolean
  env?: Record<string, string>
}

/** Galley with its access log, which goes to a file. */
export function startGalley(options: StartOptions, name = 'galley', start: Start = {}): Promise<Server> {
  const env = { LOG_LEVEL: 'info', ...start.env }
  return startNode(options, name, join(folderOfServers, 'galley.ts'), '/health/ready', { ...start, env })
}

export function startBareWs(options: StartOptions, name = 'bare-ws', start: Start = {}): Promise<Server> {
  return startNode(options, name, join(folderOfServers, 'bare-ws.ts'), '/', start)
}

export function startSocketIo(options: StartOptions): Promise<Server> {
  installPeers()
  return startNode(options, 'socket-io', socketIoServer, '/', {})
}

function startNode(
  options: StartOptions,
  name: string,
  file: string,
  readyPath: string,
  start: Start,
): Promise<Server> {
  const { folder, serverCore: core } = options
  const memoryArgs = start.tellsMemory ? ['--expose-gc', '--import', memorySignal] : []
  const args = ['--max-semi-space-size=8', ...memoryArgs, file]
  return startServer({ args, folder: join(folder, name), core, readyPath, env: start.env ?? {} })
}

const natsConfig = `
host: 127.0.0.1
port: -1
http_port: $PORT
jetstream { store_dir: "$FOLDER", sync_interval: always }
`

/** The program, where it is not on the path. */
export const natsServer = process.env.NATS_SERVER ?? 'nats-server'

/** @throws Error where there is no NATS that syncs each message (2.10 or later) */
export async function startNats({ folder, serverCore: core }: StartOptions): Promise<{ server: Server; port: number }> {
  const own = join(folder, 'nats')
  mkdirSync(own)
  const file = join(own, 'nats.conf')
  writeFileSync(file, natsConfig.replace('$FOLDER', own))
  execFileSync(natsServer, ['-t', '-c', file], { env: { ...process.env, PORT: '0' }, stdio: 'pipe' })
  const server = await startServer({
    command: natsServer,
    args: ['-c', file],
    folder: own,
    core,
    readyPath: '/healthz',
  })
  const { port } = (await (await fetch(`${server.origin}/varz`)).json()) as { port: number }
  return { server, port }
}

export function portOf({ origin }: Server): number {
  return Number(new URL(origin).port)
}
