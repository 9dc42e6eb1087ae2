/** A server with default settings, attacked from its machine and from other sites. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { cookie, signUp } from '../access/people.ts'
import { createSend, type Send } from '../conformance/http.ts'
import { type RunningProcess, startProcess } from '../harness/server.ts'

const origin = 'https://app.example'
let running: RunningProcess
let send: Send
beforeAll(async () => {
  running = await startProcess({ runtime: 'node', env: { CORS_ORIGINS: origin } })
  send = createSend(() => running.url)
})
afterAll(() => running.stop())

test('no other user of the machine may read the database', async () => {
  const others = 0o077
  for (const name of await readdir(running.dataDir)) {
    const { mode } = await stat(join(running.dataDir, name))
    expect((mode & others).toString(8), name).toBe('0')
  }
})

test('an allowed origin does not act with a cookie, neither by a request nor by a WebSocket', async () => {
  const person = await signUp(send)
  const headers = { ...cookie(person, running.url), Origin: origin, 'Sec-Fetch-Site': 'same-site' }
  expect((await send('GET /api/auth/me', { headers })).status).toBe(401)
  const socket = new WebSocket(`${running.url.replace('http', 'ws')}/api/connect`, 'galley.v1.json', { headers })
  const user = await new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => socket.send('{"jsonrpc":"2.0","id":1,"method":"hello"}'))
    socket.on('message', (data: Buffer) => resolve(JSON.parse(data.toString()).result.user))
  }).finally(() => socket.terminate())
  expect(user).toBeNull()
})
