/** The list of request headers that pages of other origins may set is that of the headers that the code reads. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { requestHeaders } from '../../src/http/cors.ts'
import { root } from '../harness/server.ts'

/** Set by browsers alone (Fetch standard, "forbidden request-header"). */
const ofBrowsers = ['accept-encoding', 'content-length', 'cookie', 'host', 'origin', 'upgrade', 'user-agent']
/** Set by proxies, and ignored from others. */
const ofProxies = ['cf-connecting-ip', 'forwarded', 'via', 'x-forwarded-for', 'x-forwarded-proto', 'x-real-ip']
/** Read from responses, or in order to refuse them. */
const notTaken = ['allow', 'content-encoding', 'etag', 'retry-after', 'vary']

test('every header that the server reads may be set by a page of an allowed origin', () => {
  const files = globSync('{src,adapters}/**/*.ts', { cwd: root, exclude: ['src/client/**', 'src/http1/**'] })
  const reads = files.flatMap((file) => [
    ...readFileSync(join(root, file), 'utf8').matchAll(/(?:headers\.(?:get|has)|req\.header)\(\s*'([^']+)'/g),
  ])
  const names = new Set(reads.map(([, name = '']) => name.toLowerCase()))
  const excluded = new Set([...ofBrowsers, ...ofProxies, ...notTaken])
  const read = [...names].filter((name) => !excluded.has(name) && !name.startsWith('sec-')).toSorted()
  expect(read).toEqual(requestHeaders.filter((name) => name !== '*').map((name) => name.toLowerCase()))
})
