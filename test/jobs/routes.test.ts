import { afterEach, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { job } from '../../src/jobs/job.ts'
import { createTestDatabase } from '../harness/database.ts'
import { createTestPlatform } from '../harness/platform.ts'

const startMs = Date.UTC(2027, 0, 4, 9)
const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** An app with accounts, an administrator, and a job that fails until it is mended. */
async function createWorld() {
  const { database, remove } = await createTestDatabase([])
  let runDue = async () => {}
  const scheduler = {
    wakeAt() {},
    listen: (callback: () => Promise<void>) => {
      runDue = callback
    },
    close() {},
  }
  const passwords = { hash: async (text: string) => text, verify: async () => true, isCurrent: () => true }
  const accounts = { passwords, mailer: { send: async () => {} }, publicUrl: () => null, signUp: 'open' as const }
  const platform = createTestPlatform({ database, scheduler, now: () => startMs, accounts })
  const state = { isBroken: true, runs: 0 }
  const fail = job('fail', { retries: 0 }, () => {
    state.runs += 1
    if (state.isBroken) throw new Error('broken')
  })
  const hourly = job('hourly', { every: '1 hour' }, () => {})
  const app = createApp(platform, { jobs: [fail, hourly] })
  const { administratorCode } = await app.start()
  ends.push(async () => {
    await app.stop()
    await remove()
  })

  async function send(line: string, token?: string, body?: unknown) {
    const [method = '', path = ''] = line.split(' ')
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const response = await app.request(path, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : JSON.parse(text) }
  }

  async function signUp(email: string, code?: string): Promise<string> {
    const body = { email, password: 'correct horse battery', token: true, ...(code !== undefined && { code }) }
    return (await send('POST /api/auth/sign-up', undefined, body)).body.data.token
  }
  const admin = await signUp('admin@example.org', administratorCode ?? '')
  return { app, state, fail, send, signUp, admin, run: () => runDue(), platform }
}

test('an administrator sees a dead letter with its error, and runs it again', async () => {
  const { app, fail, send, admin, run, state, platform } = await createWorld()
  const id = await app.enqueue(fail)
  expect((await send('GET /api/admin/jobs', admin)).body.data).toMatchObject([{ id, job: 'fail' }, { job: 'hourly' }])
  await run()
  const dead = (await send('GET /api/admin/jobs?state=dead', admin)).body.data
  expect(dead).toMatchObject([{ id, state: 'dead', attempts: 1, error: expect.stringContaining('broken') }])
  expect(platform.metrics.text()).toContain('jobs_dead 1')
  state.isBroken = false
  expect((await send(`POST /api/admin/jobs/${id}/run`, admin)).body.data).toMatchObject({ state: 'waiting' })
  await run()
  expect(state.runs).toBe(2)
  expect((await send('GET /api/admin/jobs?state=dead', admin)).body.data).toEqual([])
  expect(platform.metrics.text()).toContain('jobs_dead 0')
})

test('an administrator discards a job, but not the next run of a schedule', async () => {
  const { app, fail, send, admin } = await createWorld()
  const id = await app.enqueue(fail)
  expect((await send(`DELETE /api/admin/jobs/${id}`, admin)).status).toBe(204)
  expect((await send(`DELETE /api/admin/jobs/${id}`, admin)).status).toBe(404)
  const [schedule] = (await send('GET /api/admin/jobs', admin)).body.data
  expect((await send(`DELETE /api/admin/jobs/${schedule.id}`, admin)).status).toBe(409)
})

test('jobs are listed page by page', async () => {
  const { app, fail, send, admin } = await createWorld()
  const ids = await Promise.all(Array.from({ length: 5 }, () => app.enqueue(fail)))
  const seen: string[] = []
  let next: string | null = ''
  while (next !== null) {
    const page: { body: { data: { id: string }[]; next: string | null } } = await send(
      `GET /api/admin/jobs?limit=2${next && `&cursor=${next}`}`,
      admin,
    )
    seen.push(...page.body.data.map(({ id }) => id))
    next = page.body.next
  }
  expect(seen.slice(0, 5)).toEqual(ids)
  expect(seen.length).toBe(6)
})

test('nobody else reads or changes jobs', async () => {
  const { app, fail, send, signUp } = await createWorld()
  const id = await app.enqueue(fail)
  const user = await signUp('user@example.org')
  for (const line of ['GET /api/admin/jobs', `POST /api/admin/jobs/${id}/run`, `DELETE /api/admin/jobs/${id}`]) {
    expect((await send(line)).status).toBe(401)
    expect((await send(line, user)).status).toBe(403)
  }
})
