import { expect, onTestFinished, test, vi } from 'vitest'
import { type ObjectState, serve, type WorkerEnv } from '../../adapters/workers/serve.ts'
import { StartError } from '../../src/errors.ts'

vi.mock('cloudflare:workers', () => ({ DurableObject: Object }))

const state = {
  storage: { sql: { exec: () => ({ toArray: () => [] }) }, getAlarm: async () => null },
  blockConcurrencyWhile: (work: () => Promise<void>) => work(),
} as unknown as ObjectState

/** A Durable Object whose app could not start. */
function failed(failure: unknown) {
  const { Galley } = serve(() => {
    throw failure
  })
  return new Galley(state, { GALLEY: { getByName: vi.fn() } })
}

const bad = {
  METRICS_TOKEN: 's3cret',
  MAIL_API_URL: 'api.example?key=s3cret',
  MAIL_API_TOKEN: 's3cret s3cret',
  SMTP_URL: 'smpt://user:s3cret@mail.example',
  LOG_LEVEL: 'loud',
}

test.each(['/api/todos', '/', '/todos.js', '/favicon.svg'])(
  'a bad setting is logged without its secret, and %s responds without any detail',
  async (path) => {
    const lines: string[] = []
    for (const name of ['error', 'log'] as const)
      vi.spyOn(console, name).mockImplementation((line) => void lines.push(String(line)))
    onTestFinished(() => void vi.restoreAllMocks())
    const { worker, Galley } = serve(vi.fn())
    const getByName = () => new Galley(state, env) as unknown as ReturnType<WorkerEnv['GALLEY']['getByName']>
    const env: WorkerEnv = { ...bad, GALLEY: { getByName }, ASSETS: { fetch: async () => new Response('file') } }
    const response = await worker.fetch(new Request(`https://app.example${path}`), env)
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({
      error: 'The database is not available. Try again.',
      status: 503,
      code: 'storage_unavailable',
      requestId: response.headers.get('x-request-id'),
    })
    const logged = lines.join('\n')
    for (const name of Object.keys(bad)) expect(logged).toContain(name)
    expect(logged).not.toContain('s3cret')
  },
)

test.each([new StartError('The database was written by a newer version.'), new Error('secret')])(
  'an object that could not start for %s responds with the envelope of every error',
  async (failure) => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    const object = failed(failure)
    await Promise.resolve()
    const headers = { 'X-Request-Id': 'mine', Accept: 'application/json' }
    const response = await object.fetch(new Request('https://app.example/api/todos', { headers }))
    expect(response.status).toBe(503)
    const { error, ...rest } = await response.json()
    expect(rest).toEqual({ status: 503, code: 'storage_unavailable', requestId: 'mine' })
    expect(error).not.toContain(failure.message)
    expect(response.headers.get('x-request-id')).toBe('mine')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(String(logged.mock.calls)).toContain('mine')
    expect(String(logged.mock.calls)).toContain(failure.message)
    const unnamed = await object.fetch(new Request('https://app.example/', { method: 'POST' }))
    expect(await unnamed.json()).toMatchObject({ requestId: unnamed.headers.get('x-request-id') })
    logged.mockRestore()
  },
)

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
