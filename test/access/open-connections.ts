/** Opens a connection of every kind with one credential, and reports how each ends. */
import type { Send } from '../conformance/http.ts'
import { type Client, type Kind, kinds, request } from '../transports/clients.ts'
import { type Asker, bearer, cookie } from './people.ts'
import { connect, dialWith } from './request-transports.ts'

export interface Open {
  name: string
  /** Resolves with the kind of its end. */
  ended: Promise<string>
}

/** Follows a topic over every transport with one credential; resolves when all connections are open. */
export async function openAll(
  send: Send,
  url: string,
  asker: Asker,
  topic: string,
  sessionKinds: readonly Kind[] = kinds,
): Promise<Open[]> {
  const sessions = sessionKinds.map((kind) => follow(kind, connect(url, kind, asker), topic))
  const isKey = asker.credential === 'key'
  const byCookie = isKey ? [] : [follow('ws by cookie', dialWith(url, cookie(asker, url)), topic)]
  const byBearer = follow('ws by bearer', dialWith(url, bearer(asker)), topic)
  const streams = isKey ? [bearer(asker)] : [bearer(asker), cookie(asker, url)]
  return Promise.all([
    ...sessions,
    ...byCookie,
    byBearer,
    ...streams.map((headers) => stream(url, topic, headers)),
    poll(send, topic, bearer(asker)),
  ])
}

async function follow(name: string, connecting: Promise<Client>, topic: string): Promise<Open> {
  const client = await connecting
  const { error } = await client.ask(request('follow', 'subscribe', { topic }))
  if (error !== undefined) throw new Error(`${name}: ${JSON.stringify(error)}`)
  return { name, ended: lastOf(client) }
}

/** The last message, and the close code where there is one. */
export async function lastOf(client: Client): Promise<string> {
  let observed = 'nothing'
  try {
    for (;;) {
      const { method, params } = await client.next()
      if (method === 'goaway') observed = `goaway ${params.code}`
      if (method === 'event') observed = 'event'
    }
  } catch {
    const code = await client.closed
    return code === null || observed === `goaway ${code}` ? observed : `${observed}, then ${code}`
  }
}

async function stream(url: string, topic: string, headers: Record<string, string>): Promise<Open> {
  const response = await fetch(`${url}/api/topics/${topic}/events`, {
    headers: { ...headers, Accept: 'text/event-stream' },
  })
  if (response.status !== 200 || response.body === null) throw new Error(await response.text())
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('event: position')) text += (await reader.read()).value ?? ''
  const name = headers.Cookie === undefined ? 'stream by bearer' : 'stream by cookie'
  return { name, ended: streamEnd(reader) }
}

async function streamEnd(reader: ReadableStreamDefaultReader<string>): Promise<string> {
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return 'ended'
      if (value.includes('data:')) return 'event'
    }
  } catch {
    return 'ended'
  }
}

/** The server does not report when a poll waits. A response that comes too early is a poll that ended too early. */
async function poll(send: Send, topic: string, headers: Record<string, string>): Promise<Open> {
  const now = await send(`GET /api/topics/${topic}/events`, { headers })
  const { position } = JSON.parse(now.text) as { position: { epoch: string; offset: number } }
  const query = `after=${position.offset}&epoch=${position.epoch}&wait=25`
  const response = send(`GET /api/topics/${topic}/events?${query}`, { headers })
  return { name: 'long poll', ended: response.then(({ status }) => (status === 200 ? 'event' : 'ended')) }
}

/** The required end of every connection that loses its access. */
export function cut(open: readonly Open[]): string[] {
  return open.map(({ name }) => (/^(ws|tcp)/.test(name) ? 'goaway 4401' : 'ended'))
}
