/** The library as a user gets it: packed, installed into an empty project, and used by its entries. */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import { root, startWorker } from '../harness/server.ts'

const run = promisify(execFile)
const bin = (name: string) => join(root, 'node_modules/.bin', name)

const declaration = `
import { collection, createApp, type Env, field, job, type Platform } from 'galley'
import { Hono } from 'hono'
import { z } from 'zod'

const notes = collection('notes', {
  access: 'open',
  fields: { text: field.text({ min: 1, indexed: true }), pinned: field.boolean({ default: false }) },
})

export const note = job('note', { payload: z.object({ text: z.string() }) }, async ({ payload, as }) => {
  await as('system').collection(notes).create(payload)
})

/** GREETING is a variable of the process, or of the Worker. */
export const server = (platform: Platform, { GREETING }: { GREETING?: string | undefined }) =>
  createApp(platform, {
    collections: [notes],
    jobs: [note],
    routes: () => new Hono<Env>().get('/greeting', (c) => c.text(GREETING ?? 'none')),
  })
`
const entries = {
  'server.ts': declaration,
  'app.ts': `export { server as default } from './server.ts'\n`,
  'node.ts': `import { serve } from 'galley/node'\nimport { server } from './server.ts'\nawait serve(server)\n`,
  'deno.ts': `import { serve } from 'galley/deno'\nimport { server } from './server.ts'\nawait serve(server)\n`,
  'bun.ts': `import { serve } from 'galley/bun'\nimport { server } from './server.ts'\nawait serve(server)\n`,
  'http1.ts': `import { serve } from 'galley/http1'
const { port } = await serve({ port: Number(process.env.PORT), fetch: ({ method }) => new Response(method) })
console.log('listens on http://localhost:' + port)\n`,
  'workers.ts': `import { serve, type WorkerEnv } from 'galley/workers'
import { note, server } from './server.ts'
const { worker, Galley, Passwords, enqueue } = serve(server)
export { Galley, Passwords }
export default {
  fetch: worker.fetch,
  async scheduled({ cron }: { cron: string }, env: WorkerEnv) {
    await enqueue(env, note, { text: cron })
  },
}\n`,
  'client.ts': `import { hc } from 'hono/client'\nimport type { server } from './server.ts'
const client = hc<ReturnType<typeof server>>('http://localhost:3000')
export const made: Promise<string> = client.api.notes.$post({ json: { text: 'x' } }).then((r) => r.json()).then((body) => body.data.text)
// @ts-expect-error there is no such field
export const wrong = client.api.notes.$post({ json: { txt: 'x' } })\n`,
  'wrangler.toml': `name = "notes"\nmain = "workers.ts"\ncompatibility_date = "2026-01-01"\ncompatibility_flags = ["nodejs_compat"]\nsend_metrics = false
[vars]\nGREETING = "hello"
[assets]\ndirectory = "node_modules/galley/dist/assets"\nbinding = "ASSETS"\nrun_worker_first = true\nhtml_handling = "none"
[[durable_objects.bindings]]\nname = "GALLEY"\nclass_name = "Galley"
[[services]]\nbinding = "PASSWORDS"\nservice = "notes"\nentrypoint = "Passwords"\n[[migrations]]\ntag = "v1"\nnew_sqlite_classes = ["Galley"]\n`,
  'tsconfig.json': `{ "compilerOptions": { "target": "ESNext", "module": "NodeNext", "strict": true, "noEmit": true,
    "allowImportingTsExtensions": true, "skipLibCheck": false, "lib": ["ESNext", "DOM", "DOM.Iterable", "DOM.AsyncIterable"], "types": [] }, "files": ["client.ts", "node.ts", "deno.ts", "bun.ts", "workers.ts"] }`,
  'deno.json': '{ "nodeModulesDir": "manual" }',
  'package.json': '{ "name": "notes", "private": true, "type": "module" }',
}

let project: string
/** The command line of the installed package. */
let galley: string
/** The packed library. */
let tarball: string
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'galley-package-'))
  galley = join(project, 'node_modules/.bin/galley')
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], { cwd: root })
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }]
  tarball = join(project, filename)
  await Promise.all(Object.entries(entries).map(([name, text]) => writeFile(join(project, name), text)))
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], {
    cwd: project,
  })
})
afterAll(() => rm(project, { recursive: true, force: true }))

const commands = {
  node: [process.execPath, ['node.ts']],
  deno: [bin('deno'), ['run', '-A', 'deno.ts']],
  bun: [bin('bun'), ['bun.ts']],
} as const

function listening(child: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    child.on('exit', (code) => reject(new Error(`ended with ${code}: ${output}`)))
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += String(chunk)
        const found = /listens on (\S+)/.exec(output)?.[1]
        if (found) resolve(found)
      })
    }
  })
}

test.each([
  ['node', process.execPath, ['http1.ts']],
  ['deno', bin('deno'), ['run', '-A', 'http1.ts']],
  ['bun', bin('bun'), ['http1.ts']],
])('galley/http1 serves a fetch handler on %s', async (_, command, args) => {
  const child = spawn(command, args, { cwd: project, env: { ...process.env, PORT: '0' } })
  expect(await (await fetch(await listening(child), { method: 'PUT' })).text()).toBe('PUT')
  child.kill('SIGKILL')
  await once(child, 'exit')
})

/** The pages of every app, with the files that they load. */
async function expectPages(url: string): Promise<void> {
  const home = await fetch(url, { headers: { accept: 'text/html' } })
  expect(await home.text()).toContain('<a href="/api/notes">')
  for (const path of ['/docs', '/status']) {
    const page = await fetch(`${url}${path}`)
    expect(page.headers.get('content-type'), path).toBe('text/html; charset=utf-8')
    const files = [...(await page.text()).matchAll(/(?:src|href)="(\/(?:docs|status)\/[^"]+)"/g)].map(
      ([, file]) => file,
    )
    expect(files.length, path).toBeGreaterThan(1)
    for (const file of [...files, '/client/message-client.js']) {
      expect((await fetch(`${url}${file}`)).status, file).toBe(200)
    }
  }
}

test.each(sample(['node', 'deno', 'bun'] as const, 3))('galley/%s serves a declared collection', async (runtime) => {
  const [command, args] = commands[runtime]
  const child = spawn(command, args, {
    cwd: project,
    env: { ...process.env, PORT: '0', DATA_DIR: `data-${runtime}`, GREETING: 'hi' },
  })
  const url = await listening(child)
  const made = await fetch(`${url}/api/notes`, { method: 'POST', body: '{"text":"hello"}' })
  expect(made.status).toBe(201)
  expect(await (await fetch(`${url}/api/notes`)).json()).toMatchObject({ data: [{ text: 'hello', pinned: false }] })
  expect(await (await fetch(`${url}/greeting`)).text()).toBe('hi')
  await expectPages(url)
  child.removeAllListeners('exit')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('galley/workers bundles for Cloudflare', async () => {
  const { stdout } = await run(bin('wrangler'), ['deploy', '--dry-run'], { cwd: project })
  expect(stdout).toMatch(/Total Upload/)
})

test('galley/workers serves pages, accounts, bindings, and jobs that other handlers enqueue, in workerd', async () => {
  const server = await startWorker(join(project, 'wrangler.toml'))
  onTestFinished(() => server.stop())
  await expectPages(server.url)
  expect(await (await fetch(`${server.url}/greeting`)).text()).toBe('hello')
  const body = JSON.stringify({ email: 'ann@example.com', password: 'correct horse battery', token: true })
  expect((await fetch(`${server.url}/api/auth/sign-up`, { method: 'POST', body })).status).toBe(201)
  await server.scheduled('0 7 * * *')
  await expect
    .poll(async () => await (await fetch(`${server.url}/api/notes`)).json())
    .toMatchObject({
      data: [{ text: '0 7 * * *' }],
    })
})

const examples = ['clinic', 'links']
const runners: [name: string, command: string, parameters: string[]][] = [
  ['node --test', process.execPath, ['--test']],
  ['deno test', bin('deno'), ['test', '-A', '--no-check', '--quiet']],
  ['bun test', bin('bun'), ['test']],
]

test.each(examples.flatMap((example) => sample(runners, 3).map((runner) => [example, ...runner] as const)))(
  'the example %s passes its tests by %s with the installed package',
  async (example, _, command, parameters) => {
    const folder = join(project, example)
    await cp(join(root, 'examples', example), folder, { recursive: true })
    const { stdout, stderr } = await run(command, [...parameters, `${example}.test.ts`], { cwd: folder })
    expect(stdout + stderr).toMatch(/(?:fail|failed) 0|0 (?:fail|failed)/)
  },
)

test.each(examples)('the example %s starts on every runtime', async (example) => {
  const folder = join(project, `start-${example}`)
  await cp(join(root, 'examples', example), folder, { recursive: true })
  const starts = Object.entries(commands).map(async ([runtime, [command, args]]) => {
    const env = { ...process.env, PORT: '0', DATA_DIR: join(folder, `data-${runtime}`) }
    const child = spawn(command, args, { cwd: folder, env })
    onTestFinished(() => void child.kill('SIGKILL'))
    const url = await listening(child)
    expect((await fetch(`${url}/openapi.json`)).status, runtime).toBe(200)
    child.removeAllListeners('exit')
  })
  await Promise.all(starts)
})

test('an installed package brings no install script', async () => {
  const { packages } = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean }>
  }
  expect(Object.keys(packages)).toContain('node_modules/hono')
  expect(Object.keys(packages).filter((name) => packages[name]?.hasInstallScript)).toEqual([])
})

test('the command line loads the app of the project', async () => {
  const env = { ...process.env, DATA_DIR: 'data-commands' }
  const types = await run(process.execPath, [galley, 'types'], { cwd: project, env })
  expect(types.stdout).toContain('notes: { row: NotesRow; create: NotesCreate; change: NotesChange }')
  const migrated = await run(process.execPath, [galley, 'migrate'], { cwd: project, env })
  expect(migrated.stdout).toContain('add the field notes.text\n')
})

test('the command line lists its commands', async () => {
  const { stdout } = await run(process.execPath, [galley, '--help'])
  for (const name of ['backup', 'restore', 'migrate', 'seed', 'types', 'import', 'export', 'chat'])
    expect(stdout).toContain(`galley ${name} `)
})

test('the types compile, and the typed client has the fields', async () => {
  await run(bin('tsc'), ['-p', '.'], { cwd: project }).catch((error: { stdout: string }) =>
    expect(error.stdout).toBe(''),
  )
})

test('publint accepts the package', async () => {
  const { stdout } = await run(bin('publint'), ['run', tarball, '--strict'])
  expect(stdout).toMatch(/All good/)
})
