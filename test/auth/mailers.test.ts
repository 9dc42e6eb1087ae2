import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { createApiMailer } from '../../adapters/mail/api.ts'
import { createSmtpMailer } from '../../adapters/mail/smtp.ts'
import { createLogMailer } from '../../src/ports/mailer.ts'

const message = {
  to: 'ann@example.com',
  subject: 'A new password',
  text: 'Go to\n\nhttps://app.example/reset#x\n.\nend\n',
}
const from = 'Galley <galley@app.example>'

function replyTo(line: string): string {
  if (/^DATA$/i.test(line)) return '354 go on'
  if (/^QUIT$/i.test(line)) return '221 bye'
  return line.includes('nowhere.example') ? '550 no such user' : '250 fine'
}

/** As much of SMTP (RFC 5321) as one message needs; it refuses addresses at nowhere.example. */
async function startSmtp() {
  const said: string[] = []
  const server = createServer((socket) => {
    const answer = (line: string) => socket.write(`${line}\r\n`)
    let inData = false
    answer('220 mail.example ESMTP')
    createInterface({ input: socket }).on('line', (line) => {
      said.push(line)
      if (!inData) {
        inData = /^DATA$/i.test(line)
        answer(replyTo(line))
      } else if (line === '.') {
        inData = false
        answer('250 taken')
      }
    })
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, said }
}

test('an email goes out by SMTP', async () => {
  const { port, said } = await startSmtp()
  await createSmtpMailer({ url: `smtp://127.0.0.1:${port}?tls=off`, from }).send(message)
  expect(said).toContain('MAIL FROM:<galley@app.example>')
  expect(said).toContain('RCPT TO:<ann@example.com>')
  expect(said).toContain('To: ann@example.com')
  expect(said).toContain('Subject: A new password')
  expect(said.join('\n')).toContain('https://app.example/reset#x\n..\nend')
})

test('an email that the mail server refuses is an error', async () => {
  const { port } = await startSmtp()
  const { send } = createSmtpMailer({ url: `smtp://127.0.0.1:${port}?tls=off`, from })
  await expect(send({ ...message, to: 'ann@nowhere.example' })).rejects.toThrow('550')
})

test('without TLS no message is given to a mail server, unless that is switched off', async () => {
  const { port, said } = await startSmtp()
  await expect(createSmtpMailer({ url: `smtp://127.0.0.1:${port}`, from }).send(message)).rejects.toThrow()
  expect(said.filter((line) => /^(MAIL|DATA)/.test(line))).toEqual([])
})

async function startApi(status: number) {
  const got: { headers: IncomingHttpHeaders; body: unknown }[] = []
  const server = createHttpServer(async (request, response) => {
    got.push({ headers: request.headers, body: JSON.parse(await text(request)) })
    response.writeHead(status).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/emails`, got }
}

test('an email goes out by an HTTP API', async () => {
  const { url, got } = await startApi(200)
  await createApiMailer({ url, token: 'secret', from }).send(message)
  expect(got).toMatchObject([
    {
      headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
      body: { from, to: ['ann@example.com'], subject: message.subject, text: message.text },
    },
  ])
})

test('an email that the API refuses is an error', async () => {
  const { url } = await startApi(422)
  await expect(createApiMailer({ url, token: 'secret', from }).send(message)).rejects.toThrow('422')
})

test('without a mail server the log has the message', async () => {
  const notes: unknown[][] = []
  await createLogMailer({ note: (...note) => void notes.push(note) }).send(message)
  expect(notes).toEqual([['info', expect.stringContaining('ann@example.com'), { text: message.text }]])
})
