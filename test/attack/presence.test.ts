/** Presence can't be used to fill the server's memory. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWorld, type World } from '../access/world.ts'
import { server } from './server.ts'

let world: World
beforeAll(async () => {
  world = await startWorld(server)
})
afterAll(() => world.stop())

const line = (message: object) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`
const join = (name: string) => line({ id: 'join', method: 'join', params: { topic: 'square', name } })
const echo = line({ id: 'echo', method: 'echo', params: 'all' })

function dial(first: string): Socket {
  const { hostname, port } = new URL(world.url)
  const socket = connect(Number(port), hostname)
  socket.write(first)
  return socket
}

/** Reads until the response to `echo`, or the end, and returns the number of bytes. */
async function read(socket: Socket): Promise<number> {
  let bytes = 0
  for await (const chunk of socket) {
    bytes += (chunk as Buffer).length
    if (String(chunk).includes('"id":"echo"')) break
  }
  return bytes
}

test('a member that does not read gets the newest states and not all that there were', async () => {
  const idle = dial(join('idle'))
  await once(idle, 'data')
  idle.pause()
  const busy = dial(join('busy'))
  await once(busy, 'data')
  const update = line({ method: 'update', params: { topic: 'square', state: 'x'.repeat(1000) } })
  const updates = 14_000
  busy.write(update.repeat(updates))
  busy.write(echo)
  await read(busy)
  idle.write(echo)
  // Data already in the kernel's buffers still arrives.
  expect(await read(idle)).toBeLessThan((updates * update.length) / 2)
  idle.destroy()
  busy.destroy()
})
