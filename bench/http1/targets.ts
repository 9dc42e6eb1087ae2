/** The servers that are measured, and how each is started. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPeers } from '../peers.ts'
import { root, type Server, startServer } from '../server.ts'

const folderOfServers = fileURLToPath(new URL('./', import.meta.url))
const ownManifest = `${root}package.json`

export interface Target {
  key: string
  name: string
  version(): string
  note: string
  /** The cases that it can do, where that is not all of them. */
  cases?: readonly string[]
  start(options: StartOptions): Promise<Server>
}

export interface StartOptions {
  folder: string
  core: number
  /** Collects garbage and reports memory on a signal (memory-signal.ts). */
  tellsMemory?: boolean
}

interface Runtime {
  /** The path of the program. @throws Error when it is not there */
  command(): string
  args: readonly string[]
  memoryArgs: readonly string[]
}

const memorySignal = join(folderOfServers, 'memory-signal.ts')

const node: Runtime = {
  command: () => process.execPath,
  args: [],
  memoryArgs: ['--expose-gc', '--import', memorySignal],
}

const deno: Runtime = {
  command: () => `${root}node_modules/.bin/deno`,
  args: ['run', '--quiet', '--allow-all'],
  memoryArgs: ['--v8-flags=--expose-gc', '--preload', memorySignal],
}

const bun: Runtime = {
  command: () => bunPath(),
  args: ['run'],
  memoryArgs: ['--preload', memorySignal],
}

export const targets: readonly Target[] = [
  {
    key: 'node',
    name: 'node:http',
    note: 'no framework; the base of the ratios',
    version: nodeVersion,
    start: (options) => start(node, 'node-http.ts', options),
  },
  {
    key: 'hono-node',
    name: 'Hono on @hono/node-server',
    note: 'the same app as all with Hono',
    version: () => `@hono/node-server ${dependency('@hono/node-server')}`,
    start: (options) => start(node, 'hono-node.ts', options),
  },
  {
    key: 'deno',
    name: 'Hono on Deno.serve',
    note: 'all its threads on the one core',
    version: () => `Deno ${dependency('deno')}`,
    start: (options) => start(deno, 'deno.ts', options),
  },
  {
    key: 'bun',
    name: 'Hono on Bun.serve',
    note: 'all its threads on the one core',
    version: () => `Bun ${runtimeVersion(bunPath())}`,
    start: (options) => start(bun, 'bun.ts', options),
  },
  {
    key: 'galley',
    name: 'Hono on Galley',
    note: '`adapters/tcp/serve.ts` on Node',
    version: () => `Galley ${ownVersion()}`,
    start: (options) => start(node, 'galley-hono.ts', options),
  },
  {
    key: 'galley-bare',
    name: 'Galley, no framework',
    note: 'a `fetch` that makes a Response',
    version: () => `Galley ${ownVersion()}`,
    start: (options) => start(node, 'galley-bare.ts', options),
  },
  {
    key: 'canned',
    name: 'canned bytes on node:net',
    note: 'the bound: a response for each piece that arrives, nothing parsed',
    version: nodeVersion,
    cases: ['get'],
    start: (options) => start(node, 'canned.ts', options),
  },
]

/** Returns the named ones, in the order of `all`. @throws Error on an unknown name */
export function chosen<T>(all: readonly T[], nameOf: (one: T) => string, names: string | undefined): T[] {
  if (names === undefined) return [...all]
  const wanted = names.split(',')
  const known = all.map(nameOf)
  const unknown = wanted.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`There is no ${unknown}; there are ${known.join(', ')}.`)
  return all.filter((one) => wanted.includes(nameOf(one)))
}

async function start(
  runtime: Runtime,
  file: string,
  { folder, core, tellsMemory = false }: StartOptions,
): Promise<Server> {
  mkdirSync(folder, { recursive: true })
  const command = runtime.command()
  const args = [...runtime.args, ...(tellsMemory ? runtime.memoryArgs : []), join(folderOfServers, file)]
  return startServer({ command, args, folder, core, readyPath: '/json' })
}

/** The program itself, for its package's own start script is not run. */
function bunPath(): string {
  installPeers()
  const folder = join(folderOfServers, '../peers/node_modules/@oven')
  const [platform] = readdirSync(folder).filter((name) => name.startsWith('bun-'))
  if (platform === undefined) throw new Error('Bun has no program for this machine.')
  return join(folder, platform, 'bin/bun')
}

function runtimeVersion(command: string): string {
  return execFileSync(command, ['--version'], { encoding: 'utf8' }).trim()
}

function nodeVersion(): string {
  return `Node ${process.versions.node}`
}

function ownVersion(): string {
  return versionIn(ownManifest)
}

function dependency(name: string): string {
  return versionIn(`${root}node_modules/${name}/package.json`)
}

function versionIn(manifest: string): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
