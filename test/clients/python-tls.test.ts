import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import { servers } from '../process/servers.ts'
import { temporaryFolders } from '../process/temporary.ts'
import { drive, forms } from './python.ts'
import { portOf } from './topic.ts'

const start = servers()
const folder = temporaryFolders()
let files: { TLS_CERT: string; TLS_KEY: string }

beforeAll(async () => {
  const into = await folder()
  files = { TLS_CERT: join(into, 'cert.pem'), TLS_KEY: join(into, 'key.pem') }
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', files.TLS_KEY]
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...subject, ...key, '-out', files.TLS_CERT], {
    stdio: 'ignore',
  })
})

describe.each(sample(['node', 'deno'] as const, 2))(
  'the Python client with a server with a certificate on %s',
  (runtime) => {
    test.each(forms)('requests and events go through TLS on the same port (%s)', async (form) => {
      const server = await start({ runtime, env: files })
      const python = drive(portOf(server), form, files.TLS_CERT)
      python.act('follow', { topic: 'todos', count: 0 })
      await python.take(2)
      python.act('request', { method: 'POST /api/todos', body: { title: 'Sealed' } })
      expect(await python.next()).toMatchObject({ result: { status: 201 } })
      python.act('follow', { topic: 'todos', count: 1 })
      expect(await python.next()).toMatchObject({ kind: 'event', offset: 1, data: { title: 'Sealed' } })
    })
  },
)
