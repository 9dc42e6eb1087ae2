/** The proxies of examples/proxies/, on ports of their own, in front of a server. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, vi } from 'vitest'
import { root } from '../harness/server.ts'

export interface ProxyOptions {
  folder: string
  httpPort: number
  httpsPort: number
  /** The port of the one server that runs, and one on which nothing does. */
  upstreams: readonly [number, number]
}

interface Proxy {
  file: string
  command(configPath: string, folder: string): readonly string[]
  /** Changes of the example that are no ports. */
  adapt(text: string, options: ProxyOptions): string
}

const nginx: Proxy = {
  file: 'nginx.conf',
  command: (path, folder) =>
    ['nginx', '-p', folder, '-c', path, '-e', 'stderr'].concat('-g', 'daemon off; master_process off; pid nginx.pid;'),
  adapt(text) {
    const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    return text.replace(
      'http {',
      `http { access_log off; ${kinds.map((kind) => `${kind}_temp_path ${kind};`).join(' ')}`,
    )
  },
}

const haproxy: Proxy = {
  file: 'haproxy.cfg',
  command: (path) => ['haproxy', '-db', '-f', path],
  adapt: (text) => text,
}

export const proxies = {
  nginx,
  haproxy,
  'haproxy with its plain check': {
    ...haproxy,
    adapt: (text: string) => text.replace('option httpchk GET /health/ready', 'option httpchk'),
  },
  caddy: {
    file: 'Caddyfile',
    command: (path: string) => ['caddy', 'run', '--adapter', 'caddyfile', '--config', path],
    adapt: (text: string, { folder, httpPort, httpsPort }: ProxyOptions) =>
      text.replace(
        'app.example {',
        `{\n\tadmin off\n\thttp_port ${httpPort}\n\thttps_port ${httpsPort}\n}\n\n` +
          `app.example {\n\ttls ${folder}/cert.pem ${folder}/key.pem`,
      ),
  },
} satisfies Record<string, Proxy>

export type ProxyName = keyof typeof proxies

/** Starts proxies, which end with the test file. Call it at the top level. */
export function proxyStarter(): (name: ProxyName, options: ProxyOptions) => Promise<void> {
  const ends: (() => Promise<unknown>)[] = []
  afterAll(() => Promise.all(ends.map((end) => end())))
  return async (name, options) => {
    const { file, command, adapt }: Proxy = proxies[name]
    const { folder, httpPort, httpsPort, upstreams } = options
    await makeCertificate(folder)
    const example = await readFile(join(root, 'examples/proxies', file), 'utf8')
    const text = adapt(example, options)
      .replaceAll('/etc/ssl/galley', folder)
      .replace(/(listen |bind :)8080/, `$1${httpPort}`)
      .replace(/(listen |bind :)8443/, `$1${httpsPort}`)
      .replace('127.0.0.1:3001', `127.0.0.1:${upstreams[0]}`)
      .replace('127.0.0.1:3002', `127.0.0.1:${upstreams[1]}`)
    await writeFile(join(folder, file), text)
    const [program = '', ...args] = command(join(folder, file), folder)
    const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
    const child = spawn(program, args, { env })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
    const exited = once(child, 'exit')
    ends.push(() => (child.kill('SIGKILL') ? exited : Promise.resolve()))
    const early = exited.then(() => Promise.reject(new Error(`${program} ended:\n${output}`)))
    await Promise.race([vi.waitFor(() => accepts(httpsPort), { timeout: 10_000, interval: 20 }), early])
    early.catch(() => {})
  }
}

async function accepts(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
}

async function makeCertificate(folder: string): Promise<void> {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const subject = ['-subj', '/CN=app.example', '-addext', 'subjectAltName=DNS:app.example']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...subject, ...kind, '-out', cert], { stdio: 'ignore' })
  await writeFile(join(folder, 'both.pem'), (await readFile(cert, 'utf8')) + (await readFile(key, 'utf8')))
}
