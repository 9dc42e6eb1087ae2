/** An app that sends webhooks, with an administrator, on a database file of its own; the test moves its clock. */
import { afterEach } from 'vitest'
import { createWebhookSender } from '../../adapters/process/webhooks.ts'
import { plainPasswords } from '../../adapters/testing/test-user.ts'
import { createApp } from '../../src/app.ts'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import type { WebhookSender } from '../../src/ports/webhook-sender.ts'
import { createTestDatabase } from '../harness/database.ts'
import { createTestPlatform } from '../harness/platform.ts'
import { type Receiver, startReceiver } from './receiver.ts'

export const startMs = Date.UTC(2027, 0, 4, 9)

export const things = collection('things', { access: 'open', fields: { name: field.text({ max: 100_000 }) } })
export const secrets = collection('secrets', { access: 'open', fields: { name: field.text() } })

export interface Reply {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: the JSON of any route.
  data: any
  next: string | null
  error: string
}

/** Makes worlds that end after each test of the file. */
export function useWorlds() {
  const ends: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end()
  })

  async function receive(): Promise<Receiver> {
    const receiver = await startReceiver()
    ends.push(() => receiver.close())
    return receiver
  }

  async function createWorld({ sender = createWebhookSender({ networks: ['127.0.0.1'] }) } = {}) {
    const { database, connection, remove } = await createTestDatabase([things, secrets])
    ends.push(remove)
    const clock = { ms: startMs }
    let newest = 0

    async function begin(own: WebhookSender) {
      let run = async () => {}
      const scheduler = {
        wakeAt() {},
        listen(callback: () => Promise<void>) {
          run = callback
        },
        close() {},
      }
      const accounts = {
        passwords: plainPasswords,
        mailer: { send: async () => {} },
        publicUrl: () => null,
        signUp: 'open' as const,
      }
      const platform = createTestPlatform({ database, now: () => clock.ms, scheduler, accounts, webhooks: own })
      const app = createApp(platform, { collections: [things, secrets], webhooks: [things] })
      const { administratorCode } = await app.start()
      ends.push(() => app.stop())
      const send = async (line: string, body?: unknown, token?: string): Promise<Reply> => {
        const [method = '', path = ''] = line.split(' ')
        const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
        const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
        const response = await app.request(path, init)
        const text = await response.text()
        return { status: response.status, ...(text === '' ? {} : JSON.parse(text)) } as Reply
      }
      const signUp = async (code?: string): Promise<string> => {
        newest += 1
        const email = `${newest}@example.org`
        const body = { email, password: 'correct horse battery', token: true, ...(code !== undefined && { code }) }
        return (await send('POST /api/auth/sign-up', body)).data.token as string
      }
      return { app, send, signUp, administratorCode, run: () => run() }
    }

    const { app, send, signUp, administratorCode, run } = await begin(sender)
    const token = await signUp(administratorCode ?? '')
    const admin = (line: string, body?: unknown) => send(line.replace(' ', ' /api/admin/webhooks'), body, token)
    return {
      app,
      connection,
      send,
      signUp,
      admin,
      run,
      token,
      clock,
      /** Another process on the same file. */
      another: begin,
      /** Makes an endpoint, and returns it with its secret. */
      async subscribe(url: string, events = ['things.*']) {
        const { status, data, error } = await admin('POST ', { url, events })
        if (status !== 201) throw new Error(error)
        return data as { id: string; secret: string }
      },
      async runAt(ms: number) {
        clock.ms = ms
        await run()
      },
      deliveries: async (query = '') => (await admin(`GET /deliveries${query}`)).data as Record<string, unknown>[],
    }
  }
  return { createWorld, receive }
}
