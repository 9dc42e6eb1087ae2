import { expect, test } from 'vitest'
import type { Subject } from './http.ts'
import { sendRaw } from './raw.ts'

const targets = [
  '/../package.json',
  '/../../package.json',
  '/../../../../../../etc/passwd',
  '/docs/../../package.json',
  '/./../package.json',
  '/%2e%2e/package.json',
  '/%2e%2e%2f%2e%2e%2f%2e%2e%2fpackage.json',
  '/..%2f..%2f..%2fpackage.json',
  '/docs/..%2f..%2fpackage.json',
  '/docs/%2e%2e/%2e%2e/package.json',
  '/%252e%252e%252fpackage.json',
  '/..\\..\\..\\package.json',
  '/..%5c..%5c..%5cpackage.json',
  '/docs/..%5cpackage.json',
  '/%c0%ae%c0%ae/package.json',
  '//etc/passwd',
  '///etc/passwd',
  '/%2fetc/passwd',
  '/%2Fetc%2Fpasswd',
  '/file:///etc/passwd',
  '/todos.js%00',
  '/todos.js%00.html',
  '/%00',
  '/.git/config',
  '/.env',
  '/docs/.npmrc',
  '/%2egit/config',
  '/docs/package.json',
  '/docs/index.html',
  '/docs/swagger-ui.js',
  '/docs/',
  '/%',
  '/%zz',
  `/${'a/'.repeat(600)}x.js`,
  `/${'a'.repeat(300)}.js`,
  '/todos.js/',
  '/todos.js/x',
  '../package.json',
  'package.json',
  '*',
]

const leaked = /"dependencies"|"devDependencies"|root:|\[core\]|swagger-ui-dist"|ENOENT|node_modules/

export function traversalCases({ origin, send }: Subject): void {
  test.each(targets)('the raw target %s leads to no file', async (target) => {
    const response = await sendRaw(
      origin(),
      `GET ${target} HTTP/1.1\r\nHost: ${new URL(origin()).host}\r\nConnection: close`,
    )
    // The server in front of the app may refuse a target that is not a path, or treat it as one.
    if (target.startsWith('/')) expect(response).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect(response).not.toMatch(leaked)
    expect((await send('GET /health/live')).status).toBe(200)
  })
}
