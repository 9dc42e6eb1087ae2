import { expect, test } from 'vitest'
import type { Subject } from './http.ts'

export function healthCases({ send }: Subject): void {
  test.each([
    ['live', { live: true }],
    ['ready', { ready: true }],
  ])('/health/%s responds and is never cached', async (name, data) => {
    const reply = await send(`GET /health/${name}`)
    expect(reply.status).toBe(200)
    expect(reply.body()).toEqual({ data, status: 200 })
    expect(reply.header('cache-control')).toBe('no-store')
  })
}
