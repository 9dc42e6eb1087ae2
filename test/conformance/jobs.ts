import { expect, test } from 'vitest'
import type { Subject } from './http.ts'

export function jobCases({ send }: Subject): void {
  const sentIn = async (id: string) => (await send(`GET /api/letters/${id}`)).row.sentIn

  test('a job that a write enqueues runs after it, in each of its attempts until one succeeds', async () => {
    const { row: first } = await send('POST /api/letters', { body: { text: 'at once' } })
    const { row: later } = await send('POST /api/letters', { body: { text: 'later', delayMs: 50 } })
    const { row: failing } = await send('POST /api/letters', { body: { text: 'twice', failures: 2 } })
    await expect.poll(() => sentIn(first.id), { timeout: 30_000 }).toBe(1)
    await expect.poll(() => sentIn(later.id), { timeout: 30_000 }).toBe(1)
    await expect.poll(() => sentIn(failing.id), { timeout: 30_000 }).toBe(3)
  })

  test('a job that is a hook runs after the change', async () => {
    const { row } = await send('POST /api/letters', { body: { text: 'noted' } })
    const isNoted = async () => (await send(`GET /api/letters/${row.id}`)).row.isNoted
    await expect.poll(isNoted, { timeout: 30_000 }).toBe(true)
  })
}
