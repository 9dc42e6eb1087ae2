/** The benchmark cases that every peer runs. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Filled } from './peers.ts'
import type { Load } from './wrk.ts'

const pageSize = 20
const farPage = 1000
const createBody = JSON.stringify({ title: 'Buy milk and bread' })

export interface BenchmarkCase {
  name: string
  title: string
  /** The paths to GET, one of them at random for each request. */
  paths(filled: Filled): readonly string[] | Promise<readonly string[]>
  /** The share of requests that create one instead. */
  postShare: number
}

export const cases: readonly BenchmarkCase[] = [
  { name: 'get', title: 'Get one', paths: onePaths, postShare: 0 },
  { name: 'list', title: `List ${pageSize}, first page`, paths: (filled) => listPath(filled, 1), postShare: 0 },
  { name: 'list-far', title: `List ${pageSize}, thousandth page`, paths: farPath, postShare: 0 },
  { name: 'mix', title: '90 % get one, 10 % create one', paths: onePaths, postShare: 0.1 },
  { name: 'create', title: 'Create one', paths: onePaths, postShare: 1 },
]

function onePaths({ ids, path }: Filled): string[] {
  return ids.map((id) => `${path}/${id}`)
}

async function listPath({ pagePath }: Filled, page: number): Promise<string[]> {
  return [await pagePath(pageSize, page)]
}

/** The thousandth page, or the last whole one of a smaller trial. */
function farPath(filled: Filled): Promise<string[]> {
  return listPath(filled, Math.max(1, Math.min(farPage, Math.floor(filled.ids.length / pageSize))))
}

/** Writes the requests for wrk to a file and checks one of each. @throws Error on an unexpected response */
export async function prepare(benchmark: BenchmarkCase, filled: Filled, folder: string): Promise<Load> {
  const paths = await benchmark.paths(filled)
  const getsFile = join(folder, `${benchmark.name}.txt`)
  writeFileSync(getsFile, `${paths.join('\n')}\n`)
  await check(benchmark, filled, paths[0] ?? '')
  return { getsFile, postShare: benchmark.postShare, postPath: filled.path, postBody: createBody }
}

async function check(benchmark: BenchmarkCase, { server, path }: Filled, first: string): Promise<void> {
  const read = await fetch(server.origin + first)
  const { data, ...item } = (await read.json()) as { data?: unknown; id?: unknown }
  const rows = Array.isArray(data) ? data.length : null
  const isList = benchmark.name.startsWith('list')
  const isRight = isList ? rows === pageSize : hasId(data) || hasId(item)
  if (read.status !== 200 || !isRight)
    throw new Error(`${benchmark.name}: ${first} answered ${read.status} with ${rows} rows`)
  if (benchmark.postShare === 0) return
  const headers = { 'Content-Type': 'application/json' }
  const created = await fetch(server.origin + path, { method: 'POST', headers, body: createBody })
  const text = await created.text()
  if (created.status !== 201 || !text.includes('milk')) throw new Error(`${path} answered ${created.status}: ${text}`)
}

function hasId(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'id' in value
}
