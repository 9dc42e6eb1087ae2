/** The servers that are compared, and how each is started with the handler that the probe asks for. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folderOfPeers = join(root, 'probe/peers')
const deno = join(root, 'node_modules/.bin/deno')
const denoRun = [deno, 'run', '--no-prompt', '--allow-net', '--allow-env', '--allow-read']
const bun = join(folderOfPeers, 'node_modules/.bin/bun')

export interface Peer {
  name: string
  version: string
  /** The command line; its first line of output ends with the port. */
  command: readonly string[]
}

export interface RunningPeer {
  port: number
  stop(): Promise<void>
}

/** The peers that can be started here; reports the others. */
export function availablePeers(scratch: string): Peer[] {
  const peers: Peer[] = [
    { name: 'Galley', version: `Node ${process.versions.node}`, command: [process.execPath, peerFile('galley.ts')] },
    { name: 'Galley on Deno', version: `Deno ${denoVersion()}`, command: [...denoRun, peerFile('galley.ts')] },
    { name: 'node:http', version: process.versions.node, command: [process.execPath, peerFile('node-http.ts')] },
    {
      name: '@hono/node-server',
      version: packageVersion(join(root, 'node_modules/@hono/node-server')),
      command: [process.execPath, peerFile('hono-node-server.ts')],
    },
    { name: 'Deno.serve', version: denoVersion(), command: [...denoRun, peerFile('deno-serve.ts')] },
    { name: 'Bun.serve', version: bunVersion(), command: [bun, peerFile('bun-serve.ts')] },
  ]
  const go = goPeer(scratch)
  if (go === null) console.log('Go net/http is left out: there is no `go` here.')
  return go === null ? peers : [...peers, go]
}

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'galley-probe-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** @throws Error when it ends before it listens */
export async function startPeer({ name, command }: Peer): Promise<RunningPeer> {
  const [file = '', ...args] = command
  const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
  const port = await Promise.race([listeningPort(child), exitOf(child, name)])
  return {
    port,
    async stop() {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function listeningPort({ stdout }: ChildProcess): Promise<number> {
  if (stdout === null) throw new Error('Its output is not read.')
  let output = ''
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    output += String(chunk)
    const port = /listening on (\d+)\s/.exec(output)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error(`It printed no port: ${output}`)
}

async function exitOf(child: ChildProcess, name: string): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`${name} ended with ${code} before it listened.`)
}

function peerFile(name: string): string {
  return join(folderOfPeers, name)
}

/** Compiled, for `go run` leaves the server behind when it is ended. */
function goPeer(scratch: string): Peer | null {
  const { stdout, status } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' })
  if (status !== 0) return null
  const binary = join(scratch, 'go-net-http')
  execFileSync('go', ['build', '-o', binary, peerFile('go-net-http.go')], { stdio: 'inherit' })
  return { name: 'Go net/http', version: stdout.trim().replace('go', ''), command: [binary] }
}

function bunVersion(): string {
  const folder = join(folderOfPeers, 'node_modules/bun')
  if (!existsSync(folder)) {
    console.log('Installing Bun, once: npm ci --prefix probe/peers')
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folderOfPeers, stdio: 'inherit' })
  }
  return packageVersion(folder)
}

function denoVersion(): string {
  return packageVersion(join(root, 'node_modules/deno'))
}

function packageVersion(folder: string): string {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  return version
}
