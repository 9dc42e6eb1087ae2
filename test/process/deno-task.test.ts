/** `deno task start` in a terminal: it has the permissions that its settings need and no more, and never asks for one. */
import { execFile } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { configNames } from '../../src/config.ts'
import { startMailApi, startSmtp } from '../harness/mail-servers.ts'
import { root } from '../harness/server.ts'
import { freePort } from './free-port.ts'
import { createTodo, titlesOf } from './servers.ts'
import { temporaryFolders } from './temporary.ts'
import { type Terminal, terminals } from './terminal.ts'

const open = terminals()
const folder = temporaryFolders()
const run = promisify(execFile)

interface Task extends Terminal {
  url: string
}

async function startTask(dataDir: string, env: Record<string, string> = {}): Promise<Task> {
  const port = String(await freePort())
  const terminal = open(['deno', 'task', 'start'], { PORT: port, DATA_DIR: dataDir, ...env })
  // A prompt waits for a person.
  const [found] = await terminal.shows(/listens on|Allow\?/)
  expect(found, terminal.screen()).toBe('listens on')
  return { ...terminal, url: `http://127.0.0.1:${port}` }
}

function expectNoPrompt({ screen }: Terminal): void {
  expect(screen()).not.toMatch(/Allow\?|NotCapable|Requires .* access/)
}

/** Fails sooner than the time-out of other tests when the task waits for somebody. */
const options = { timeout: 30_000 }

describe('deno task start', options, () => {
  test('serves todos, the page and the API explorer, and ends in an orderly way', async () => {
    const task = await startTask(join(await folder(), 'made', 'anew'))
    await createTodo(task.url, 'milk')
    expect(await titlesOf(task.url)).toEqual(['milk'])
    for (const path of [
      '/',
      '/status',
      '/status/status.js',
      '/docs',
      '/docs/swagger-ui.css',
      '/docs/swagger-ui-bundle.js',
      '/openapi.json',
      '/metrics',
      '/health/ready',
    ]) {
      const response = await fetch(task.url + path, { headers: { Accept: path === '/' ? 'text/html' : '*/*' } })
      const body = await response.text()
      expect({ path, status: response.status, empty: body === '' }).toEqual({ path, status: 200, empty: false })
    }
    await task.signalAll('SIGTERM')
    expect(await task.exited).toBe(0)
    expectNoPrompt(task)
  })

  test('starts with each form of HOST', async () => {
    const hosts = ['::1', 'localhost', '::', '0.0.0.0']
    await Promise.all(
      hosts.map(async (host) => {
        const task = await startTask(await folder(), { HOST: host })
        const [, url = ''] = await task.shows(/listens on (http:\S+)/)
        expect((await fetch(`${url}/health/ready`)).status, host).toBe(200)
        expectNoPrompt(task)
      }),
    )
  })

  test('takes a data directory with a comma and a quote in its name, and a link to one', async () => {
    const [real, link] = [join(await folder(), `Ann's data, and mine`), join(await folder(), 'link')]
    await mkdir(real)
    await symlink(real, link)
    for (const dataDir of [real, link]) {
      const task = await startTask(dataDir)
      expect(await createTodo(task.url, 'milk')).toMatchObject({ title: 'milk' })
      await task.signalAll('SIGTERM')
      expect(await task.exited).toBe(0)
      expectNoPrompt(task)
    }
  })

  test('sends email by SMTP and by an HTTP API', async () => {
    const [smtp, api] = [await startSmtp(), await startMailApi(200)]
    const settings = [{ SMTP_URL: `smtp://localhost:${smtp.port}?tls=off` }, { MAIL_API_URL: api.url }]
    const tasks = await Promise.all(
      settings.map(async (setting) => startTask(await folder(), { ...setting, MAIL_FROM: 'galley@app.example' })),
    )
    for (const { url } of tasks) await requestReset(url)
    await Promise.all([smtp.delivered, api.delivered])
    expect(smtp.received).toContain('RCPT TO:<ann@app.example>')
    expect(api.got).toMatchObject([{ body: { to: ['ann@app.example'] } }])
    for (const task of tasks) {
      expect((await fetch(`${task.url}/health/ready`)).status).toBe(200)
      expectNoPrompt(task)
    }
  })

  test('serves HTTPS on the HTTP server of the runtime, behind a proxy, with every other setting', async () => {
    const { cert, key } = await certificate()
    const others = {
      LOG_LEVEL: 'debug',
      METRICS_TOKEN: 'x'.repeat(16),
      DATA_DIR_WAIT: '1',
      RATE_LIMIT: 'off',
      HTTP_ENGINE: 'node',
      TRUST_PROXY: '127.0.0.1',
      PUBLIC_URL: 'https://app.example',
      CORS_ORIGINS: 'https://app.example',
      ALLOWED_HOSTS: 'app.example',
    }
    const task = await startTask(await folder(), { ...others, TLS_CERT: cert, TLS_KEY: key })
    const [, url = ''] = await task.shows(/listens on (https:\S+)/)
    const curl = ['--silent', '--insecure', '--include', '--header', 'Origin: https://app.example']
    const { stdout } = await run('curl', [...curl, `${url}/api/todos`])
    expect(stdout).toMatch(/access-control-allow-origin: https:\/\/app\.example/i)
    expectNoPrompt(task)
  })

  test.each([
    ['bad values', [], { PORT: 'x' }, 1, /galley: PORT=x/],
    ['an unknown argument', ['--bogus'], {}, 2, /galley: Unknown argument "--bogus"/],
    ['an unknown host', [], { HOST: 'galley.invalid' }, 1, /galley: .*galley\.invalid/],
  ] as const)('refuses %s in one line', async (_, args, env, code, line) => {
    const terminal = open(['deno', 'task', '--quiet', 'start', ...args], { DATA_DIR: await folder(), ...env })
    expect(await terminal.exited).toBe(code)
    expect(terminal.screen().trim().split('\n')).toEqual([expect.stringMatching(line)])
  })
})

test('the permissions are those that the settings need', async () => {
  const given = {
    HOST: '::1',
    PORT: '3000',
    DATA_DIR: '/srv/a,b',
    TLS_CERT: 'c.pem',
    TLS_KEY: 'k.pem',
    SMTP_URL: 'smtps://user:secret@mail.example',
  }
  const args = ['run', '--no-prompt', '--allow-env', '--allow-net', 'adapters/deno/permissions.ts']
  const { stdout } = await run(join(root, 'node_modules/.bin/deno'), args, { cwd: root, env: given })
  expect(stdout.split(/(?<=') (?=')/)).toEqual([
    `'--allow-env=${configNames.join(',')}'`,
    `'--allow-net=[::1]:3000,mail.example:465'`,
    `'--allow-read=src/web,src/client,node_modules/swagger-ui-dist,/srv/a,,b,c.pem,k.pem'`,
    `'--allow-write=/srv/a,,b'`,
    `'--allow-sys=hostname'`,
  ])
})

/** Signs somebody up who has then forgotten the password. */
async function requestReset(url: string): Promise<void> {
  const email = 'ann@app.example'
  const post = (path: string, body: object) => fetch(url + path, { method: 'POST', body: JSON.stringify(body) })
  await post('/api/auth/sign-up', { email, password: 'correct horse battery', token: true })
  expect((await post('/api/auth/reset', { email })).status).toBe(202)
}

async function certificate(): Promise<{ cert: string; key: string }> {
  const files = await folder()
  const [cert, key] = [join(files, 'cert.pem'), join(files, 'key.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost']
  await run('openssl', ['req', '-x509', '-days', '2', ...kind, '-keyout', key, '-out', cert])
  return { cert, key }
}
