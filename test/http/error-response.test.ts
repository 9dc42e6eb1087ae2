import { expect, test, vi } from 'vitest'
import { AppError, type ErrorCode, errorTable, invalidField } from '../../src/errors.ts'
import { errorResponse, failureResponse } from '../../src/http/error-response.ts'

const requester = { requestId: 'r1' }
const request = (accept: string) => new Request('http://localhost/', { headers: { accept } })

test('an error response has the envelope, the headers of all data, and its own', async () => {
  const error = new AppError('busy', undefined, { headers: { 'Retry-After': '1' }, more: { queue: 3 } })
  const response = errorResponse(error, requester, null)
  expect(response.status).toBe(503)
  expect(await response.json()).toEqual({
    error: error.message,
    status: 503,
    code: 'busy',
    requestId: 'r1',
    queue: 3,
  })
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/json',
    'x-request-id': 'r1',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'retry-after': '1',
    vary: 'Accept',
  })
})

test('every response that asks to try again says when', () => {
  const codes = Object.entries(errorTable).filter(([, { status }]) => status === 429 || status === 503)
  expect(codes.length).toBeGreaterThan(4)
  for (const [code] of codes) {
    const headerOf = (error: AppError) => errorResponse(error, requester, null).headers.get('retry-after')
    expect(headerOf(new AppError(code as ErrorCode)), code).toBe('1')
    expect(headerOf(new AppError(code as ErrorCode, undefined, { headers: { 'Retry-After': '7' } })), code).toBe('7')
  }
})

test('an error response is problem details where Accept asks for them', async () => {
  const response = errorResponse(
    invalidField('title', 'missing', 'is required'),
    requester,
    request('application/problem+json'),
  )
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(await response.json()).toMatchObject({ detail: 'title: is required', details: [{ field: 'title' }] })
})

test.each([
  ['our own fault', new TypeError('swordfish'), 'internal', 1],
  ['a failing database', new AppError('storage_unavailable'), 'storage_unavailable', 1],
  ["the peer's fault", new AppError('conflict'), 'conflict', 0],
  ['a server that stops', new AppError('draining'), 'draining', 0],
  ['a time-out', new AppError('timeout'), 'timeout', 0],
])('%s becomes a response, and is logged where it needs attention', async (_, thrown, code, times) => {
  const problem = vi.fn()
  const log = { access() {}, note() {}, problem }
  const response = failureResponse(thrown, requester, request('*/*'), { log, path: '/x' })
  expect(await response.text()).not.toContain('swordfish')
  expect(response.status).toBe(code === 'conflict' ? 409 : code === 'internal' ? 500 : 503)
  expect(problem.mock.calls).toEqual(
    Array.from({ length: times }, () => [{ requestId: 'r1', method: 'GET', path: '/x', error: thrown }]),
  )
})
