/** The host of a link in an email is the server's own, whatever host a request names. */
import { request } from 'node:http'
import { expect, test, vi } from 'vitest'
import { sample } from '../harness/sample.ts'
import { servers } from './servers.ts'

const start = servers()

function post(url: string, path: string, body: object, host = new URL(url).host): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  const headers = { Host: host, 'Content-Type': 'application/json' }
  request(new URL(path, url), { method: 'POST', headers }, (response) => resolve(response.resume().statusCode))
    .on('error', reject)
    .end(JSON.stringify(body))
  return promise
}

const hosts = ['localhost:9', '127.0.0.1:666', '[::1]:80', 'attacker.localhost:1234'] as const

const origins = [
  { runtime: 'node', env: {} },
  { runtime: 'node', env: { HTTP_ENGINE: 'node' } },
  { runtime: 'deno', env: { HTTP_ENGINE: 'node' } },
  { runtime: 'deno', env: {} },
  { runtime: 'node', env: { PUBLIC_URL: 'https://app.example' } },
  { runtime: 'bun', env: {} },
] as const

test.each(sample(origins, 2))('an emailed link leads to the server itself on $runtime with $env', async (origin) => {
  const { runtime, env } = origin
  const server = await start({ runtime, env })
  const email = 'kim@example.org'
  expect(await post(server.url, '/api/auth/sign-up', { email, password: 'a long enough one' })).toBe(201)
  for (const host of hosts) expect([202, 421]).toContain(await post(server.url, '/api/auth/reset', { email }, host))
  expect(await post(server.url, '/api/auth/reset', { email })).toBe(202)
  await vi.waitFor(() => expect(links(server.output()).length).toBeGreaterThanOrEqual(3))
  expect(new Set(links(server.output()))).toEqual(new Set(['PUBLIC_URL' in env ? env.PUBLIC_URL : server.url]))
})

test.each(sample(['0.0.0.0', '::', '0'], 3))('on HOST=%s the email has the code alone', async (host) => {
  const server = await start({ runtime: 'node', env: { HOST: host } })
  const { port } = new URL(server.url)
  const url = `http://127.0.0.1:${port}`
  const email = 'kim@example.org'
  expect(await post(url, '/api/auth/sign-up', { email, password: 'a long enough one' })).toBe(201)
  expect(await post(url, '/api/auth/reset', { email })).toBe(202)
  await vi.waitFor(() => expect(server.output()).toContain('Enter this code'))
  expect(links(server.output())).toEqual([])
})

/** The origins of all links in the emails that were written to the log. */
function links(output: string): string[] {
  return Array.from(output.matchAll(/(https?:[^\s\\"]+)\/reset#glr_/g), ([, origin = '']) => origin)
}
