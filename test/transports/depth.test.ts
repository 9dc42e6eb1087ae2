/** The deepest document that may be published reaches every reader, in a message that is no deeper than the protocol allows. */
import { describe, expect, test } from 'vitest'
import { documentDepthMax, jsonDepthMax } from '../../src/http/json.ts'
import { forms, watch } from '../clients/python.ts'
import { sample } from '../harness/sample.ts'
import { dial, type Message, request } from './clients.ts'
import { serverKinds, useServer } from './servers.ts'

interface Position {
  epoch: string
  offset: number
}

function nested(levels: number): unknown {
  return levels === 1 ? [] : [nested(levels - 1)]
}

function depthOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0
}

/** The body of a publication is a level, too. */
const deepest = nested(documentDepthMax - 1)

describe.each(sample(serverKinds, 2))('on $name', (serverKind) => {
  const server = useServer(serverKind)
  const events = (query = '') => `/api/topics/playground/events${query}`

  async function publish(data: unknown): Promise<number> {
    const response = await fetch(server().url + events(), {
      method: 'POST',
      body: JSON.stringify({ type: 'deep', data }),
    })
    await response.body?.cancel()
    return response.status
  }

  /** Publishes the deepest document, and returns the position before it. */
  async function published(): Promise<Position> {
    const { position } = (await (await fetch(server().url + events())).json()) as { position: Position }
    expect(await publish(deepest)).toBe(201)
    return position
  }

  test('a deeper document is refused over HTTP', async () => {
    expect(await publish(nested(documentDepthMax))).toBe(400)
  })

  test('a long poll and a stream carry it', async () => {
    const { epoch, offset } = await published()
    const after = events(`?after=${offset}&epoch=${epoch}`)
    const poll = (await (await fetch(server().url + after)).json()) as { data: { data: unknown }[] }
    expect(poll.data[0]?.data).toEqual(deepest)
    const headers = { Accept: 'text/event-stream', 'Last-Event-ID': `${epoch}:${offset}` }
    const stream = await fetch(server().url + events(), { headers })
    let text = ''
    for await (const bytes of stream.body as ReadableStream<Uint8Array>) {
      text += new TextDecoder().decode(bytes)
      if (text.includes('[]')) break
    }
    expect(text).toContain(JSON.stringify(deepest))
  })

  test.each(serverKind.kinds)('%s takes it, and carries it in an event and in a list', async (kind) => {
    const { epoch, offset } = await published()
    const client = await dial(server().url, kind)
    const check = (message: Message) => {
      expect(depthOf(message)).toBeLessThanOrEqual(jsonDepthMax)
      expect(JSON.stringify(message)).toContain(JSON.stringify(deepest))
    }
    client.send(request(1, 'subscribe', { topic: 'playground', after: { epoch, offset } }))
    let message: Message
    do message = await client.next()
    while (message.method !== 'event')
    check(message)
    check(await client.ask(request(2, `GET ${events(`?after=${offset}&epoch=${epoch}`)}`)))
    const post = (data: unknown) => request(3, `POST ${events()}`, { body: { type: 'deep', data } })
    expect((await client.ask(post(deepest))).error).toBeUndefined()
    expect((await client.ask(post(nested(documentDepthMax)))).error?.code).toBe(400)
    client.end()
  })

  test.each(serverKind.kinds)(
    'the deepest state of a member is carried by %s, and a deeper one refused',
    async (kind) => {
      const client = await dial(server().url, kind)
      const join = (levels: number) => request(1, 'join', { topic: 'playground', name: 'ann', state: nested(levels) })
      expect((await client.ask(join(documentDepthMax + 1))).error).toBeDefined()
      expect(depthOf(await client.ask(join(documentDepthMax)))).toBeLessThanOrEqual(jsonDepthMax)
      const list = await client.ask(request(2, 'GET /api/topics/playground/presence'))
      expect(depthOf(list)).toBeLessThanOrEqual(jsonDepthMax)
      expect(JSON.stringify(list)).toContain(JSON.stringify(nested(documentDepthMax)))
      client.end()
    },
  )
})

describe('the Python client', () => {
  const [serverKind] = serverKinds as [(typeof serverKinds)[number]]
  const server = useServer(serverKind)

  test.each(forms)('takes it (%s)', async (form) => {
    const url = `${server().url}/api/topics/playground/events`
    const { position } = (await (await fetch(url)).json()) as { position: Position }
    const python = watch(Number(new URL(server().url).port), 'playground', form, position)
    const body = JSON.stringify({ type: 'deep', data: deepest })
    await (await fetch(url, { method: 'POST', body })).body?.cancel()
    expect(await python.next()).toMatchObject({ kind: 'event', data: deepest })
  })
})
