/** The peers: how each is started and filled, the path of its todos, and its durability. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fillByPost } from './fill.ts'
import { type Abilities, fillGalley, galleyAbilities, galleyPagePath, startGalley } from './galley.ts'
import { type Server, startServer } from './server.ts'

const folderOfPeers = fileURLToPath(new URL('peers/', import.meta.url))
const modules = join(folderOfPeers, 'node_modules')

interface StartOptions {
  /** An empty folder of the peer's own. */
  folder: string
  core: number
  /** The number of todos to create. */
  todos: number
}

/** A server that runs and is full. */
export interface Filled {
  server: Server
  ids: readonly string[]
  /** The collection's path. */
  path: string
  pagePath(limit: number, page: number): string | Promise<string>
}

export interface Peer {
  name: string
  /** The npm package whose version is shown, where there is one. */
  package?: string
  durability: string
  note: string
  start(options: StartOptions): Promise<Filled>
}

const offsetPage = (path: string) => (limit: number, page: number) =>
  `${path}?limit=${limit}&offset=${(page - 1) * limit}`

const bareHttp: Peer = {
  name: 'bare node:http',
  durability: 'none: a Map in memory',
  note: 'a far page is walked to from the start of the Map',
  start: (options) => startMap('bare-http.ts', options),
}

const express: Peer = {
  name: 'Express',
  package: 'express',
  durability: 'none: the same Map',
  note: 'as above',
  start: (options) => startMap('express.ts', options),
}

const bknd: Peer = {
  name: 'bknd',
  package: 'bknd',
  durability: 'SQLite file, rollback journal, synchronous=FULL (its defaults): a commit for each create',
  note: 'accounts off; a todo has no createdAt; it counts the rows, once all and once those that match, for every read',
  async start({ folder, core, todos }) {
    const path = '/api/data/entity/todos'
    const server = await startServer({ args: [join(folderOfPeers, 'bknd.ts')], folder, core, readyPath: path })
    const perRequest = 500
    const rows = titles(todos)
    const responses = await fillByPost(server.origin + path, Math.ceil(todos / perRequest), (n) =>
      rows.slice((n - 1) * perRequest, n * perRequest),
    )
    const ids = responses.flatMap((response) =>
      (JSON.parse(response) as { data: { id: number }[] }).data.map(({ id }) => id),
    )
    return { server, ids: ids.map(String), path, pagePath: offsetPage(path) }
  },
}

const jsonServer: Peer = {
  name: 'json-server',
  package: 'json-server',
  durability: 'the whole JSON file: serialized for each create, rewritten for each group, not synced',
  note: 'checks nothing; a new todo has only what was sent and an id; it looks at every todo for every read',
  async start({ folder, core, todos }) {
    const rows = titles(todos).map(({ title }, index) => ({
      id: crypto.randomUUID(),
      title,
      completed: false,
      createdAt: new Date(index).toISOString(),
    }))
    // Served beside the API; in production it must be there.
    mkdirSync(join(folder, 'public'))
    writeFileSync(join(folder, 'db.json'), JSON.stringify({ todos: rows }))
    const args = [join(modules, 'json-server/lib/bin.js'), 'db.json']
    const path = '/todos'
    const server = await startServer({ args, cwd: folder, folder, core, readyPath: `${path}?_page=1` })
    const pagePath = (limit: number, page: number) => `${path}?_page=${page}&_per_page=${limit}`
    return { server, ids: rows.map(({ id }) => id), path, pagePath }
  },
}

function galley(engine: string | null, { writesAccessLog }: Abilities): Peer {
  return {
    name: engine === null ? 'Galley' : `Galley, HTTP_ENGINE=${engine}`,
    durability: 'SQLite file, WAL synced before the response: creates that arrive together share a commit',
    note: `validates, ${writesAccessLog ? 'writes' : 'has no'} access log, pages by cursor`,
    async start({ folder, core, todos }) {
      const server = await startGalley({ folder, core, ...(engine !== null && { env: { HTTP_ENGINE: engine } }) })
      const ids = await fillGalley(server.origin, todos)
      const pagePath = (limit: number, page: number) => galleyPagePath(server.origin, limit, page)
      return { server, ids, path: '/api/todos', pagePath }
    },
  }
}

/** Everyone, Galley first. */
export function allPeers(): Peer[] {
  const abilities = galleyAbilities()
  const galleys = abilities.engines.map((engine) => galley(engine, abilities))
  return [...galleys, bareHttp, express, bknd, jsonServer]
}

async function startMap(file: string, { folder, core, todos }: StartOptions): Promise<Filled> {
  const path = '/api/todos'
  const server = await startServer({
    args: [join(folderOfPeers, file)],
    env: { TODOS: String(todos) },
    folder,
    core,
    readyPath: `${path}?limit=1`,
  })
  const response = await fetch(`${server.origin}${path}?limit=${todos}`)
  const { data } = (await response.json()) as { data: { id: string }[] }
  return { server, ids: data.map(({ id }) => id), path, pagePath: offsetPage(path) }
}

function titles(count: number): { title: string }[] {
  return Array.from({ length: count }, (_, index) => ({ title: `Todo number ${index + 1}` }))
}

interface Manifest {
  dependencies: Record<string, string>
}

/** Installs the peers' packages when they are not all there yet. */
export function installPeers(): void {
  const { dependencies } = JSON.parse(readFileSync(join(folderOfPeers, 'package.json'), 'utf8')) as Manifest
  if (Object.keys(dependencies).every((name) => existsSync(join(modules, name)))) return
  console.log('Installing the peers, once: npm ci --prefix bench/peers')
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folderOfPeers, stdio: 'inherit' })
}

export function versionOf({ package: name }: Peer): string | null {
  if (name === undefined) return null
  const { version } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')) as { version: string }
  return version
}
