import { connect, type Socket } from 'node:net'
import { expect, test, vi } from 'vitest'
import { bodyBytesMax } from '../../src/http/body.ts'
import { networkIncompleteBytesMax } from '../../src/limits/incomplete-bytes.ts'
import { type Subject, tally } from './http.ts'

/** A client with limits, which no other case is. */
export function newClient(): { 'X-From': string } {
  const [a, b] = crypto.getRandomValues(new Uint16Array(2))
  return { 'X-From': `2001:db8:${a?.toString(16)}:${b?.toString(16)}::1` }
}

const megabyte = JSON.stringify({ title: 'x'.repeat(1_000_000) })

export function limitCases({ send, origin, ownsSocket, ownsHttp = true }: Subject): void {
  // A Worker in the local simulator takes bodies more slowly than the bucket fills.
  test.runIf(ownsSocket)('a body of known length costs units by its bytes, before it is read', async () => {
    const client = newClient()
    // A path without a route, so that the bucket empties faster than it fills on the slowest machine.
    const post = () => send('POST /api/nothing', { body: megabyte, headers: client })
    const counts = tally(await Promise.all(Array.from({ length: 40 }, post)))
    expect(counts[404]).toBeGreaterThanOrEqual(9)
    expect(counts[429]).toBeGreaterThanOrEqual(1)
    expect((await send('POST /api/todos', { body: megabyte, headers: newClient() })).status).toBe(400)
  })

  test('a body of unknown length costs units as it arrives, and is slowed down near the limit', async () => {
    const client = newClient()
    const post = () => send('POST /api/todos', { body: megabyte, headers: client, chunked: true })
    const all = Promise.all(Array.from({ length: 9 }, post))
    let remaining = ''
    const look = async () => {
      remaining = (await send('GET /api/todos?limit=1', { headers: client })).header('ratelimit')
      expect(remaining).toMatch(/;r=\d+;/)
    }
    await Promise.race([all, vi.waitFor(look)])
    // On a slow machine the bodies may have arrived before the first look.
    if (remaining === '') await look()
    expect(tally(await all)[400]).toBe(9)
  })

  test('a long list costs units by its rows', async () => {
    const client = newClient()
    const { row: ward } = await send('POST /api/wards', { body: { name: 'long' } })
    await send(`POST /api/beds/many/${ward.id}/1000`)
    const list = () => send('GET /api/beds?limit=1000', { headers: client })
    let lists = 0
    while ((await list()).status === 200 && lists < 50) lists += 1
    expect(lists).toBeLessThan(50)
    for (let n = 0; n < 50; n += 1)
      expect((await send('GET /api/beds?limit=50', { headers: newClient() })).status).toBe(200)
  })

  test.runIf(ownsSocket).each(['of known length', 'of unknown length'])(
    'incomplete bodies %s of one network are bounded, and others are served',
    async (kind) => {
      const count = Math.ceil(networkIncompleteBytesMax / incompleteBytes) + 1
      const network = newClient()['X-From'].slice(0, -'::1'.length)
      const framing = kind === 'of known length' ? `Content-Length: ${bodyBytesMax}` : 'Transfer-Encoding: chunked'
      const start = kind === 'of known length' ? '' : `${bodyBytesMax.toString(16)}\r\n`
      const sent = Array.from({ length: count }, (_, n) => {
        const head = `POST /api/todos HTTP/1.1\r\nHost: localhost\r\nX-From: ${network}:${n}::1\r\n${framing}\r\n\r\n`
        return sendPart(origin(), head + start + ' '.repeat(incompleteBytes))
      })
      expect(await Promise.race(sent.map(({ response }) => response))).toMatch(/^HTTP\/1.1 429 /)
      const served = await send('POST /api/todos', { body: { title: 'x'.repeat(200) }, headers: newClient() })
      expect(served.status).toBe(201)
      for (const { socket } of sent) socket.destroy()
    },
  )

  test.runIf(ownsSocket)('a connection that goes on after 100 refusals in a row is closed', async () => {
    const client = newClient()
    // Leaves the client with a debt, so that all is refused for some seconds, on the slowest machine too.
    const { row: ward } = await send('POST /api/wards', { body: { name: 'debt' } })
    await send(`POST /api/beds/many/${ward.id}/900`)
    expect((await send(`DELETE /api/wards/${ward.id}`, { headers: client })).status).toBe(204)
    const request = `GET /nothing HTTP/1.1\r\nHost: localhost\r\nX-From: ${client['X-From']}\r\n\r\n`
    const responses = await pipelined(origin(), request)
    const last = responses.findIndex((each) => /^connection: close\r$/im.test(each))
    expect(responses.slice(0, last + 1).filter((each) => each.startsWith('429'))).toHaveLength(100)
    // Deno's own server sends the header and goes on.
    expect(responses.length).toBe(ownsHttp ? last + 1 : requestsMax)
  })
}

const incompleteBytes = bodyBytesMax - 1024

/** Sends the start of a request, and resolves with the start of the response. */
function sendPart(origin: string, text: string): { socket: Socket; response: Promise<string> } {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(text)
  return {
    socket,
    response: new Promise((resolve) => socket.once('data', (bytes: Buffer) => resolve(bytes.toString()))),
  }
}

const batch = 50
const requestsMax = 3000

/** The responses to a request that is sent again and again, until the connection ends or there are enough. */
async function pipelined(origin: string, request: string): Promise<string[]> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  let text = ''
  const responses = () => text.split('HTTP/1.1 ').slice(1)
  socket.on('error', () => {})
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString()
  })
  for (let sent = 0; sent < requestsMax && !socket.destroyed; sent += batch) {
    socket.write(request.repeat(batch))
    while (responses().length < sent + batch && !socket.destroyed) {
      const arrived = new Promise<void>((resolve) => socket.once('data', () => resolve()))
      await Promise.race([arrived, closed])
    }
  }
  socket.destroy()
  return responses()
}
