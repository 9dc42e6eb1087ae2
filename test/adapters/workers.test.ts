import { expect, test, vi } from 'vitest'
import { type ObjectState, serve } from '../../adapters/workers/serve.ts'
import { StartError } from '../../src/errors.ts'

/** A Durable Object whose app could not start. */
function failed(failure: unknown) {
  const { Galley } = serve(() => {
    throw failure
  })
  const state = {
    storage: { sql: { exec: () => ({ toArray: () => [] }) } },
    blockConcurrencyWhile: (work: () => Promise<void>) => work(),
  } as unknown as ObjectState
  return new Galley(state, { GALLEY: { getByName: vi.fn() } })
}

test.each([
  [new StartError('The database was written by a newer version.'), 'The database was written by a newer version.'],
  [new Error('secret'), expect.not.stringContaining('secret')],
])('an object that could not start for %s responds with the envelope of every error', async (failure, error) => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const object = failed(failure)
  await Promise.resolve()
  const headers = { 'X-Request-Id': 'mine', Accept: 'application/json' }
  const response = await object.fetch(new Request('https://app.example/api/todos', { headers }))
  expect(response.status).toBe(503)
  expect(await response.json()).toEqual({ error, status: 503, code: 'storage_unavailable', requestId: 'mine' })
  expect(response.headers.get('x-request-id')).toBe('mine')
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(String(logged.mock.calls)).toContain('mine')
  const unnamed = await object.fetch(new Request('https://app.example/', { method: 'POST' }))
  expect(await unnamed.json()).toMatchObject({ requestId: unnamed.headers.get('x-request-id') })
  logged.mockRestore()
})

test.each([
  ['assets/app-BxK2fQ9z.js', 'public, max-age=31536000, immutable'],
  ['report-20240131.pdf', 'no-cache'],
  ['app-BxK2fQ9z.js', 'no-cache'],
])('a Worker serves %s with Cache-Control: %s, as the app declares', async (path, expected) => {
  const { worker } = serve(
    () => {
      throw new Error('not reached')
    },
    { immutableFiles: /^assets\// },
  )
  const ASSETS = { fetch: async () => new Response('x', { headers: { ETag: '"1"' } }) }
  const env = { ASSETS, GALLEY: { getByName: vi.fn() }, LOG_LEVEL: 'off' }
  const { headers } = await worker.fetch(new Request(`https://app.example/${path}`), env)
  expect(headers.get('cache-control')).toBe(expected)
})
