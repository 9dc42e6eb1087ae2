import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { root } from '../harness/server.ts'

const missing = 'These tests want nginx: `apt-get install -y nginx-light`.'
/** Printed by nginx once its sockets are open. */
const readyPattern = /using the "\w+" event method/

export interface Nginx {
  url: string
  /** Standard error so far. */
  output(): string
}

interface NginxOptions {
  /** The port of nginx. */
  port: number
  /** The ports of the two servers behind it. */
  upstreams: readonly [number, number]
  /** Replaces `non_idempotent` in the example. */
  repeats: string
}

/** Starts nginx with examples/proxies/nginx.conf on these ports. It ends with the test file. Call it at the top level. */
export function nginxes(): (folder: string, options: NginxOptions) => Promise<Nginx> {
  const ends: (() => Promise<unknown>)[] = []
  afterAll(() => Promise.all(ends.map((end) => end())))
  return async (folder, options) => {
    await writeFile(join(folder, 'nginx.conf'), await configOf(options))
    const globals = 'daemon off; master_process off; pid nginx.pid; error_log stderr notice;'
    const child = spawn('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr', '-g', globals])
    const exited = once(child, 'exit')
    ends.push(() => (child.kill('SIGTERM') ? exited : Promise.resolve()))
    let output = ''
    const ready = new Promise<void>((resolve) =>
      child.stderr.on('data', (chunk) => {
        output += String(chunk)
        if (readyPattern.test(output)) resolve()
      }),
    )
    const early = exited.then(
      () => Promise.reject(new Error(`nginx ended:\n${output}`)),
      (error) => Promise.reject(isMissing(error) ? new Error(missing) : error),
    )
    await Promise.race([ready, early])
    early.catch(() => {})
    return { url: `http://127.0.0.1:${options.port}`, output: () => output }
  }
}

function isMissing(error: unknown): boolean {
  return (error as { code?: string }).code === 'ENOENT'
}

/** The example as it stands but for its ports, what it repeats, and where nginx keeps large bodies. */
async function configOf({ port, upstreams: [one, other], repeats }: NginxOptions): Promise<string> {
  const example = await readFile(join(root, 'examples/proxies/nginx.conf'), 'utf8')
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const folders = kinds.map((kind) => `${kind}_temp_path ${kind};`).join(' ')
  return (
    example
      .replace('http {', `http { access_log off; ${folders}`)
      // Only test/process/proxies.test.ts has a certificate.
      .replace(/listen 8443 ssl;\n\s*ssl_certificate .*\n\s*ssl_certificate_key .*\n/, '')
      .replace('listen 8080;', `listen 127.0.0.1:${port};`)
      .replace('127.0.0.1:3001', `127.0.0.1:${one}`)
      .replace('127.0.0.1:3002', `127.0.0.1:${other}`)
      .replace('http_503 non_idempotent;', `http_503 ${repeats};`)
  )
}
