/** The import rules: folders form one order, arrows point down it, types included, and `src` knows no runtime. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './harness/server.ts'

/** The parts of `src`, lowest first. Each imports only itself and what stands before it. */
const order = [
  'errors.ts',
  'iso-time.ts',
  'sweep.ts',
  'ports',
  'request',
  'database',
  'limits',
  'http',
  'queue',
  'topics',
  'collections',
  'migrations',
  'transfer',
  'auth',
  'jobs',
  'webhooks',
  'connections',
  'web',
  'app',
  'app.ts',
  'features',
  'config.ts',
  'index.ts',
  'server.ts',
]

/** Parts that import nothing of `src` outside themselves, but for what stands here. */
const islands: Readonly<Record<string, readonly string[]>> = {
  http1: [],
  client: ['connections/line-frames.ts', 'connections/frames.ts'],
}

interface Import {
  from: string
  to: string
}

const files = ['src', 'adapters'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|js)$/.test(name))
    .map((name) => join(folder, name)),
)

/** The path of a module from the root, if it is a file: pages load `/client/…` as their server serves it. */
function pathOf(specifier: string, from: string): string {
  if (specifier.startsWith('/client/')) return `src${specifier}`
  return specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : specifier
}

/** Every import, `import type` and dynamic ones included. */
const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(root, from), 'utf8')
  const found = text.matchAll(/^(?:import|export)\s[^'"]*?from '([^']+)'|^import '([^']+)'|import\('([^']+)'\)/gm)
  return [...found].map(([, a, b, c]) => {
    const to = a ?? b ?? c ?? ''
    return { from, to: pathOf(to, from) }
  })
})

/** The part of `src` that a file belongs to; null for other files. */
function partOf(file: string): string | null {
  return file.startsWith('src/') ? (file.split('/')[1] as string) : null
}

test('every part of src is in the order', () => {
  const known = new Set([...order, ...Object.keys(islands)])
  const parts = new Set(files.map(partOf).filter((part) => part !== null))
  expect([...parts].filter((part) => !known.has(part))).toEqual([])
})

test('imports between parts of src point down the order, types included', () => {
  const bad = imports.filter(({ from, to }) => {
    const [a, b] = [partOf(from), partOf(to)]
    if (a === null || b === null || a === b || a in islands) return false
    return order.indexOf(b) === -1 ? !(b in islands) : order.indexOf(b) > order.indexOf(a)
  })
  expect(bad).toEqual([])
})

test('an island imports nothing of src outside itself', () => {
  const bad = imports.filter(({ from, to }) => {
    const [a, b] = [partOf(from), partOf(to)]
    if (a === null || b === null || a === b || !(a in islands)) return false
    return !islands[a]?.some((allowed) => to === `src/${allowed}`)
  })
  expect(bad).toEqual([])
})

test('src imports no adapter and nothing of a runtime', () => {
  const bad = imports.filter(
    ({ from, to }) => from.startsWith('src/') && /^(adapters\/|node:|bun:|cloudflare:|@hono\/node-server)/.test(to),
  )
  expect(bad).toEqual([])
})

test('src names no runtime', () => {
  const bad = files.filter(
    (file) =>
      file.startsWith('src/') && /\b(Deno|Bun|process|Buffer|caches)\./.test(readFileSync(join(root, file), 'utf8')),
  )
  expect(bad).toEqual([])
})

test('no feature imports another', () => {
  const bad = imports.filter(({ from, to }) => from.startsWith('src/features/') && to.startsWith('src/features/'))
  expect(bad).toEqual([])
})

test('no files import in a circle, types included', () => {
  const next = Map.groupBy(imports, ({ from }) => from)
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) throw new Error([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (done.has(file)) return
    for (const { to } of next.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
})
