/** The import rule: arrows point one way, and `src` knows no runtime. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './harness/server.ts'

const files = ['src', 'adapters'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
)

interface Import {
  from: string
  to: string
}

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(root, from), 'utf8')
  const found = text.matchAll(/^(?:import|export)\s[^'"]*?from '([^']+)'|^import '([^']+)'|import\('([^']+)'\)/gm)
  return [...found].map(([, a, b, c]) => {
    const to = a ?? b ?? c ?? ''
    return { from, to: to.startsWith('.') ? normalize(join(dirname(from), to)) : to }
  })
})

/** A folder or file, and what it may import beside itself and packages. */
const rules: Record<string, readonly string[]> = {
  'src/errors.ts': [],
  'src/platform.ts': [
    'src/limits/rate-limits.ts',
    'src/errors.ts',
    'src/log.ts',
    'src/metrics.ts',
    'src/messages/request-maker.ts',
    'src/auth/mailer.ts',
    'src/auth/passwords.ts',
  ],
  'src/context.ts': ['src/auth/identity.ts'],
  'src/auth/identity.ts': [],
  'src/auth/refusal.ts': ['src/auth/identity.ts', 'src/errors.ts'],
  'src/iso-time.ts': [],
  'src/log.ts': ['src/errors.ts', 'src/iso-time.ts'],
  'src/metrics.ts': [],
  'src/router.ts': [],
  'src/config.ts': ['src/client-address.ts', 'src/errors.ts', 'src/log.ts', 'src/platform.ts', 'src/middleware/'],
  'src/database/': ['src/errors.ts', 'src/platform.ts', 'src/collections/'],
  'src/middleware/': [
    'src/limits/',
    'src/auth/identity.ts',
    'src/errors.ts',
    'src/log.ts',
    'src/metrics.ts',
    'src/platform.ts',
    'src/context.ts',
    'src/client-address.ts',
    'src/database/',
  ],
  'src/collections/': [
    'src/auth/identity.ts',
    'src/auth/refusal.ts',
    'src/errors.ts',
    'src/openapi.ts',
    'src/iso-time.ts',
    'src/platform.ts',
    'src/context.ts',
    'src/database/',
    'src/middleware/',
    'src/topics/',
  ],
  'src/auth/': [
    'src/collections/id.ts',
    'src/collections/cursor.ts',
    'src/context.ts',
    'src/database/',
    'src/errors.ts',
    'src/iso-time.ts',
    'src/log.ts',
    'src/middleware/',
    'src/openapi.ts',
    'src/platform.ts',
  ],
  'src/limits/': ['src/auth/identity.ts', 'src/auth/place.ts', 'src/context.ts', 'src/errors.ts', 'src/platform.ts'],
  'src/openapi.ts': ['src/errors.ts'],
  'src/topics/': [
    'src/auth/identity.ts',
    'src/auth/refusal.ts',
    'src/errors.ts',
    'src/openapi.ts',
    'src/iso-time.ts',
    'src/platform.ts',
    'src/context.ts',
    'src/middleware/',
  ],
  'src/messages/': [
    'src/auth/identity.ts',
    'src/errors.ts',
    'src/iso-time.ts',
    'src/context.ts',
    'src/middleware/json.ts',
    'src/topics/',
  ],
  'src/web/': ['src/errors.ts', 'src/platform.ts', 'src/context.ts', 'src/middleware/', 'src/collections/'],
  'src/features/': ['src/collections/', 'src/middleware/', 'src/context.ts', 'src/index.ts'],
  'src/http1/': [],
  'src/client-address.ts': ['src/context.ts', 'src/errors.ts'],
}

const inside = (path: string, place: string) => (place.endsWith('/') ? path.startsWith(place) : path === place)

test('src imports no adapter and nothing of a runtime', () => {
  const bad = imports.filter(
    ({ from, to }) => from.startsWith('src/') && /^(adapters\/|node:|cloudflare:|@hono\/node-server)/.test(to),
  )
  expect(bad).toEqual([])
})

test('src names no runtime', () => {
  const bad = files.filter(
    (file) =>
      file.startsWith('src/') && /\b(Deno|process|Buffer|caches)\./.test(readFileSync(join(root, file), 'utf8')),
  )
  expect(bad).toEqual([])
})

test('each part imports only what lies below it', () => {
  const bad = imports.filter(({ from, to }) => {
    const [place, allowed] = Object.entries(rules).find(([each]) => inside(from, each)) ?? []
    if (!place || !allowed || !to.startsWith('src/')) return false
    return !inside(to, place) && !allowed.some((each) => inside(to, each))
  })
  expect(bad).toEqual([])
})

test('no feature imports another', () => {
  const bad = imports.filter(({ from, to }) => from.startsWith('src/features/') && to.startsWith('src/features/'))
  expect(bad).toEqual([])
})

test('nothing imports in a circle', () => {
  const valueImports = new Map(files.map((file) => [file, valueImportsOf(file)]))
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) throw new Error([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (done.has(file)) return
    for (const next of valueImports.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
})

/** Types vanish at run time, so they may point either way. */
function valueImportsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const found = text.matchAll(/^(?:import|export)\s(?!type\b)[^'"]*?from '(\.[^']+)'/gm)
  return [...found].map(([, to = '']) => normalize(join(dirname(file), to)))
}
