/** Ways to write without permission. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bearer, type Person, signUp } from '../access/people.ts'
import { startWorld, type World } from '../access/world.ts'
import { server } from './server.ts'

let world: World
let admin: Person
beforeAll(async () => {
  world = await startWorld(server)
  admin = await signUp(world.send, { code: world.administratorCode })
})
afterAll(() => world.stop())

interface Row {
  id: string
}

test('the role `nobody` publishes to no topic reserved for the server', async () => {
  const barred = await signUp(world.send)
  const change = { headers: bearer(admin), body: { role: 'nobody' } }
  await world.send(`PATCH /api/admin/users/${barred.userId}`, change)
  for (const name of ['system', 'club']) {
    const event = { type: 'created', data: { id: 'forged' } }
    const { status } = await world.send(`POST /api/topics/${name}/events`, { headers: bearer(barred), body: event })
    expect(status, name).toBe(403)
  }
})

test('a row is not moved to where its owner may not create one', async () => {
  const [ann, bob] = [await signUp(world.send), await signUp(world.send)]
  const foreign = { room: `home-${ann.userId}`, text: 'hello' }
  const direct = await world.send('POST /api/posts', { headers: bearer(bob), body: foreign })
  expect(direct.status).toBe(403)
  const made = await world.send('POST /api/posts', { headers: bearer(bob), body: { room: 'lobby', text: 'hello' } })
  const { id } = made.body<Row>().data
  const moved = await world.send(`PATCH /api/posts/${id}`, { headers: bearer(bob), body: foreign })
  expect(moved.status).toBe(403)
})

/** Sends a head, and runs a step between the server's 100 Continue and the body. */
async function slowly(path: string, person: Person, body: string, meanwhile: () => Promise<unknown>): Promise<string> {
  const { hostname, port, host } = new URL(world.url)
  const socket = connect(Number(port), hostname)
  const head = [`POST ${path} HTTP/1.1`, `Host: ${host}`, `Authorization: Bearer ${person.token}`]
  head.push(`Content-Length: ${body.length}`, 'Expect: 100-continue', 'Connection: close', '', '')
  socket.write(head.join('\r\n'))
  const [interim] = await once(socket, 'data')
  expect(String(interim)).toContain(' 100 ')
  await meanwhile()
  let response = ''
  socket.on('data', (chunk) => {
    response += String(chunk)
  })
  socket.write(body)
  await once(socket, 'end')
  socket.destroy()
  return response.split('\r\n')[0] ?? ''
}

const signOut = (person: Person) => world.send('POST /api/auth/sign-out', { headers: bearer(person), body: {} })

test.for([
  ['/api/club', '{"title":"late"}'],
  ['/api/topics/square/events', '{"type":"late"}'],
] as const)('a write to %s whose body comes after the sign-out is refused', async ([path, body]) => {
  const person = await signUp(world.send)
  expect(await slowly(path, person, body, () => signOut(person))).toContain(' 401 ')
})

test('a write whose body arrives after the account was disabled is refused', async () => {
  const person = await signUp(world.send)
  const disable = () =>
    world.send(`PATCH /api/admin/users/${person.userId}`, { headers: bearer(admin), body: { disabled: true } })
  expect(await slowly('/api/club', person, '{"title":"late"}', disable)).toContain(' 401 ')
})

test('a request that ends no session leaves nothing in the audit', async () => {
  const person = await signUp(world.send)
  for (let count = 0; count < 3; count += 1) {
    await world.send('DELETE /api/auth/sessions', { headers: bearer(person) })
  }
  const audit = await world.send(`GET /api/admin/audit?subject=${person.userId}`, { headers: bearer(admin) })
  const entries = audit.body<{ action: string }[]>().data
  expect(entries.filter(({ action }) => action === 'sessions.ended')).toEqual([])
})
