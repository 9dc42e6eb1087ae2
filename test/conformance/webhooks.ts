import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Receiver, startReceiver } from '../webhooks/receiver.ts'
import type { Subject } from './http.ts'

export function webhookCases({ send }: Subject): void {
  let receiver: Receiver
  let headers: Record<string, string> = {}
  beforeAll(async () => {
    receiver = await startReceiver()
    const account = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery', token: true }
    const tokenOf = async (line: string) => {
      const { data } = (await send(line, { body: account })).body<{ token: string }>()
      return { Authorization: `Bearer ${data.token}` }
    }
    const promoted = await send('POST /api/promotion', { headers: await tokenOf('POST /api/auth/sign-up') })
    if (promoted.status !== 204) throw new Error(promoted.text)
    headers = await tokenOf('POST /api/auth/sign-in')
  })
  afterAll(() => receiver.close())
  const admin = (line: string, body?: unknown) =>
    send(line.replace(' ', ' /api/admin/webhooks'), { headers, ...(body !== undefined && { body }) })
  const arrived = () => expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBeGreaterThan(0)

  test('a change is sent to an endpoint, signed', async () => {
    const reply = await admin('POST ', { url: `${receiver.url}?a=b`, events: ['letters.created'] })
    expect(reply.status).toBe(201)
    const { id, secret } = reply.row
    const { row } = await send('POST /api/letters', { body: { text: 'sent ä' } })
    await arrived()
    const [first] = receiver.received
    if (first === undefined) throw new Error('Nothing was received.')
    const { path, body, message, signatures } = first
    expect(path).toBe('/hook?a=b')
    expect(JSON.parse(body)).toEqual({ type: 'letters.created', timestamp: expect.any(String), data: row })
    const key = Buffer.from(String(secret).replace('whsec_', ''), 'base64')
    const content = `${message.id}.${message.timestamp}.${body}`
    expect(signatures).toEqual([`v1,${createHmac('sha256', key).update(content).digest('base64')}`])
    const states = async () => (await admin(`GET /deliveries?endpoint=${id}`)).rows.map(({ state }) => state)
    await expect.poll(states, { timeout: 30_000 }).toEqual(['delivered'])
    expect((await admin(`DELETE /${id}`)).status).toBe(204)
  })

  test('a redirect is a failure, and of a long response the beginning is read', async () => {
    receiver.received.length = 0
    receiver.respond = (_, response) => void response.writeHead(302).end('x'.repeat(100_000))
    const { row } = await admin('POST ', { url: receiver.url, events: ['letters.deleted'] })
    await admin(`POST /${row.id}/test`)
    await arrived()
    const first = async () => (await admin(`GET /deliveries?endpoint=${row.id}`)).rows[0]
    await expect
      .poll(first, { timeout: 30_000 })
      .toMatchObject({ state: 'retrying', status: 302, response: 'x'.repeat(1024) })
    expect(receiver.received).toHaveLength(1)
    await admin(`DELETE /${row.id}`)
  })

  test('an address of a private network is refused in each of its forms', async () => {
    for (const host of ['10.0.0.1', '0xa9fea9fe', '[::1]', '[::ffff:10.0.0.1]', '[64:ff9b::7f00:1]']) {
      const reply = await admin('POST ', { url: `https://${host}/`, events: ['*'] })
      expect(reply.badFields).toEqual(['url'])
    }
  })
}
