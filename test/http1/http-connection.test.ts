/** Cases that need control of every step of the transport; the rest runs on real sockets. */
import { expect, test } from 'vitest'
import { bufferCodec } from '../../adapters/tcp/buffer-codec.ts'
import type { ConnectionOptions } from '../../src/http1/connection-options.ts'
import { installLightObjects } from '../../src/http1/globals.ts'
import { HeaderCache } from '../../src/http1/header-cache.ts'
import { HttpConnection } from '../../src/http1/http-connection.ts'
import { defaultLimits } from '../../src/http1/limits.ts'
import type { Transport } from '../../src/http1/transport.ts'

installLightObjects()

class Wire implements Transport {
  readonly peer = { address: null, isSecure: false }
  readonly takenBytes = 0
  isPending = false
  isTaking = true
  sent = ''
  #onSent = () => {}

  write(data: string | Uint8Array): boolean {
    this.sent += typeof data === 'string' ? data : Buffer.from(data).toString('latin1')
    this.isPending = !this.isTaking
    this.#onSent()
    return this.isTaking
  }

  async until(text: string): Promise<void> {
    while (!this.sent.includes(text)) {
      await new Promise<void>((resolve) => {
        this.#onSent = resolve
      })
    }
  }

  cork(): void {}
  uncork(): void {}
  end(): void {}
  destroy(): void {}
  reset(): void {}
  pause(): void {}
  resume(): void {}
}

function options(fetch: ConnectionOptions['fetch']): ConnectionOptions {
  return {
    fetch,
    limits: defaultLimits,
    codec: bufferCodec,
    headerCache: new HeaderCache(bufferCodec),
    spare: { line: null, fields: null },
    scheme: 'http',
    authority: 'localhost',
    clock: { nowMs: 0, date: 'date: now\r\n\r\n' },
    isDraining: false,
    isClosing: false,
    errorResponse: ({ status, message }) => new Response(message, { status }),
    onError(error) {
      throw error
    },
    defer: (task) => setImmediate(task),
  }
}

function feed(connection: HttpConnection, text: string): void {
  const bytes = Buffer.from(text, 'latin1')
  connection.receive(bytes, 0, bytes.length)
}

test('a body that arrives while its response is not taken is kept', async () => {
  const wire = new Wire()
  const connection = new HttpConnection(
    options((request) => new Response(request.body)),
    wire,
  )
  wire.isTaking = false
  feed(connection, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n')
  await wire.until('transfer-encoding: chunked')
  feed(connection, '0123456789')
  wire.isTaking = true
  connection.drained()
  await wire.until('0\r\n\r\n')
  expect(wire.sent).toContain('a\r\n0123456789\r\n')
})

test('responses that are ready in one turn are sent in one write', () => {
  const wire = new Wire()
  const writes: string[] = []
  const write = wire.write.bind(wire)
  wire.write = (data) => {
    writes.push(String(data))
    return write(data)
  }
  const connection = new HttpConnection(
    options(({ url }) => new Response(url)),
    wire,
  )
  feed(
    connection,
    'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n',
  )
  expect(writes).toHaveLength(1)
  expect(writes[0]?.match(/http:\/\/a\/\d/g)).toEqual(['http://a/1', 'http://a/2', 'http://a/3'])
})
