import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWebhookSender } from '../../adapters/process/webhooks.ts'
import { makeCertificate } from '../http1/serving/certificate.ts'

const made = makeCertificate()
const [cert, key] = [String(made.cert), String(made.key)]
const server = createServer({ cert, key }, (request, response) => {
  response.end(`${request.headers.host} ${(request.socket as TLSSocket & { servername: unknown }).servername}`)
})
let port = 0
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function send(name: string, ca?: string): Promise<unknown> {
  const options = { networks: ['127.0.0.1'], lookup: async () => ['127.0.0.1'], ...(ca !== undefined && { ca }) }
  const message = { url: `https://${name}:${port}/`, headers: {}, body: '{}', responseBytesMax: 100 }
  return createWebhookSender(options).send(message, AbortSignal.timeout(10_000))
}

test('the certificate is that of the name in the URL, although the connection goes to the address that was checked', async () => {
  expect(await send('localhost', cert)).toMatchObject({ status: 200, text: `localhost:${port} localhost` })
  expect(await send('127.0.0.1', cert)).toMatchObject({ status: 200, text: `127.0.0.1:${port} false` })
  await expect(send('hooks.example', cert)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  await expect(send('localhost')).rejects.toMatchObject({ code: expect.stringContaining('SELF_SIGNED') })
})
