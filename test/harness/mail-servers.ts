/** Servers that take email and keep it. They end with the test. */
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

function replyTo(line: string): string {
  if (/^DATA$/i.test(line)) return '354 go on'
  if (/^QUIT$/i.test(line)) return '221 bye'
  return line.includes('nowhere.example') ? '550 no such user' : '250 fine'
}

/** The part of SMTP (RFC 5321) that one email needs. Refuses addresses at nowhere.example. `delivered` resolves with the first email. */
export async function startSmtp() {
  const received: string[] = []
  const { promise: delivered, resolve } = Promise.withResolvers<void>()
  const server = createServer((socket) => {
    const reply = (line: string) => socket.write(`${line}\r\n`)
    let inData = false
    reply('220 mail.example ESMTP')
    createInterface({ input: socket }).on('line', (line) => {
      received.push(line)
      if (!inData) {
        inData = /^DATA$/i.test(line)
        reply(replyTo(line))
      } else if (line === '.') {
        inData = false
        reply('250 taken')
        resolve()
      }
    })
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, received, delivered }
}

/** Takes email as JSON by POST. `delivered` resolves with the first one. */
export async function startMailApi(status: number) {
  const got: { headers: IncomingHttpHeaders; body: unknown }[] = []
  const { promise: delivered, resolve } = Promise.withResolvers<void>()
  const server = createHttpServer(async (request, response) => {
    got.push({ headers: request.headers, body: JSON.parse(await text(request)) })
    response.writeHead(status).end('{}')
    resolve()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/emails`, got, delivered }
}
