/** Connections that end because of their clients: the last message has the reason, and a WebSocket's close code is the same. */
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { malformedMessagesMax } from '../../src/connections/limits.ts'
import {
  type Client,
  dial,
  dialWebSocket,
  encoded,
  type Kind,
  type Message,
  openSocket,
  request,
  talkOn,
} from './clients.ts'
import { serverKinds, tcpServerKinds, useServer } from './servers.ts'

/** The code of the `goaway`, when it is that of the closing, too. */
async function endOf(client: Client): Promise<number> {
  let message: Message
  do message = await client.next()
  while (message.method !== 'goaway')
  const { code } = message.params
  expect([code, null]).toContain(await client.closed)
  return code
}

const tooLong = 'x'.repeat(1_200_000)

describe.each(serverKinds)('on $name', (serverKind) => {
  const server = useServer(serverKind)

  test.each(serverKind.kinds)('ends a session by %s with 1009 at a message that is too large', async (kind: Kind) => {
    const client = await dial(server().url, kind)
    await client.ask(request(1, 'echo'))
    client.send(request(2, 'echo', { tooLong }))
    expect(await endOf(client)).toBe(1009)
  })

  test('ends a WebSocket of text with 1003 at a binary frame', async () => {
    const client = await dialWebSocket(server().url, 'ws-json')
    client.sendRaw(Buffer.from('{}'))
    expect(await endOf(client)).toBe(1003)
  })

  test('ends a binary WebSocket with 1003 at a text frame, unless it is a ping', async () => {
    const client = await dialWebSocket(server().url, 'ws-cbor')
    client.webSocket.removeAllListeners('message')
    const pong = once(client.webSocket, 'message')
    client.sendRaw('{"jsonrpc":"2.0","method":"ping"}')
    expect(await pong).toEqual([Buffer.from('{"jsonrpc":"2.0","method":"pong"}'), false])
    client.sendRaw('{"jsonrpc":"2.0","method":"echo","id":1}')
    expect(await client.closed).toBe(1003)
  })

  test.each(serverKind.kinds)(
    'ends a session by %s with 1008 after many broken messages in a row',
    async (kind: Kind) => {
      const client = await dial(server().url, kind)
      await client.ask(request(1, 'echo'))
      for (let count = 0; count < malformedMessagesMax; count++) client.send([])
      expect(await endOf(client)).toBe(1008)
    },
  )
})

describe.each(tcpServerKinds)('by TCP on $name', (serverKind) => {
  const server = useServer(serverKind)

  test.each([
    ['an invalid preface', 'd9d900'],
    ['a frame that is no byte string of four bytes of length', 'd9d9f743010203'],
    ['an announced length beyond the limit', 'd9d9f75affffffff'],
  ])('ends a binary session with a goaway at %s', async (_, hex) => {
    const client = talkOn(await openSocket(server().url), 'tcp-cbor')
    client.sendRaw(Buffer.from(hex, 'hex'))
    expect([1002, 1009]).toContain(await endOf(client))
  })

  test('ends a connection with 1009 at an endless line, and reads no more of it', async () => {
    const client = talkOn(await openSocket(server().url), 'tcp-json')
    client.sendRaw('{"jsonrpc":"2.0","id":1,"method":"echo","params":["')
    const pour = () => {
      while (client.socket.writable && client.socket.write(tooLong)) if (client.socket.writableLength > 0) break
    }
    client.socket.on('drain', pour)
    pour()
    expect(await client.next()).toMatchObject({ method: 'goaway', params: { code: 1009, reconnect: false } })
    await client.closed
  })

  test('treats a line that is not UTF-8 as an invalid message, and continues', async () => {
    const client = talkOn(await openSocket(server().url), 'tcp-json')
    client.send(request(1, 'echo'))
    client.sendRaw(Buffer.from('7b22ff227d0a', 'hex'))
    client.sendRaw(encoded(request(2, 'echo'), 'tcp-json'))
    const responses = [await client.next(), await client.next(), await client.next()]
    expect(responses.map(({ id, error }) => [id, error?.code])).toEqual([
      [1, undefined],
      [null, -32700],
      [2, undefined],
    ])
    client.end()
  })
})
