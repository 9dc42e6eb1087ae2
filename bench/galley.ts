/** Galley as the benchmark starts it: the shipped server, its access log going to a file. */
import { execFileSync } from 'node:child_process'
import { fillByPost } from './fill.ts'
import { root, type Server, startServer } from './server.ts'

const entry = 'adapters/node.ts'

export interface GalleyOptions {
  folder: string
  core: number
  env?: Record<string, string>
}

export function startGalley({ folder, core, env = {} }: GalleyOptions): Promise<Server> {
  return startServer({
    args: ['--max-semi-space-size=8', entry],
    env: { LOG_LEVEL: 'info', ...env },
    folder,
    core,
    readyPath: '/health/ready',
  })
}

/** Options of this version. */
export interface Abilities {
  /** The HTTP engines to choose from; `null` where there is no choice. */
  engines: readonly (string | null)[]
  writesAccessLog: boolean
}

export function galleyAbilities(): Abilities {
  const help = execFileSync(process.execPath, [entry, '--help'], { cwd: root, encoding: 'utf8' })
  return {
    engines: help.includes('HTTP_ENGINE') ? ['galley', 'node'] : [null],
    writesAccessLog: help.includes('LOG_LEVEL'),
  }
}

/** Fills a new server by its API. Gives the ids, oldest first. */
export async function fillGalley(origin: string, count: number): Promise<string[]> {
  await fillByPost(`${origin}/api/todos`, count, (n) => ({ title: `Todo number ${n}` }))
  return listIds(origin)
}

const pageSize = 1000

async function listIds(origin: string): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page: Page = await readPage(origin, pageSize, cursor)
    ids.push(...page.data.map(({ id }) => id))
    cursor = page.next
  } while (cursor !== null)
  return ids
}

interface Page {
  data: { id: string }[]
  next: string | null
}

async function readPage(origin: string, limit: number, cursor: string | null): Promise<Page> {
  const after = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
  const response = await fetch(`${origin}/api/todos?limit=${limit}${after}`)
  if (!response.ok) throw new Error(`A list answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as Page
}

/** The path of a page by its number, from 1, found by following the cursors before it. */
export async function galleyPagePath(origin: string, limit: number, number: number): Promise<string> {
  let cursor: string | null = null
  for (let n = 1; n < number; n++) {
    cursor = (await readPage(origin, limit, cursor)).next
    if (cursor === null) throw new Error(`There is no page ${number}.`)
  }
  return `/api/todos?limit=${limit}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
}
