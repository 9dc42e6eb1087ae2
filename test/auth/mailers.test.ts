import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { createApiMailer } from '../../adapters/mail/api.ts'
import { createSmtpMailer } from '../../adapters/mail/smtp.ts'
import { createLog } from '../../src/ports/log.ts'
import { createLogMailer } from '../../src/ports/mailer.ts'

const email = {
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

/** The part of SMTP (RFC 5321) that one email needs. Refuses addresses at nowhere.example. */
async function startSmtp() {
  const received: string[] = []
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
      }
    })
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, received }
}

test('an email is sent by SMTP', async () => {
  const { port, received } = await startSmtp()
  await createSmtpMailer({ url: `smtp://127.0.0.1:${port}?tls=off`, from }).send(email)
  expect(received).toContain('MAIL FROM:<galley@app.example>')
  expect(received).toContain('RCPT TO:<ann@example.com>')
  expect(received).toContain('To: ann@example.com')
  expect(received).toContain('Subject: A new password')
  expect(received.join('\n')).toContain('https://app.example/reset#x\n..\nend')
})

test('an email that the mail server refuses is an error', async () => {
  const { port } = await startSmtp()
  const { send } = createSmtpMailer({ url: `smtp://127.0.0.1:${port}?tls=off`, from })
  await expect(send({ ...email, to: 'ann@nowhere.example' })).rejects.toThrow('550')
})

test('without TLS no email is sent, unless that is switched off', async () => {
  const { port, received } = await startSmtp()
  await expect(createSmtpMailer({ url: `smtp://127.0.0.1:${port}`, from }).send(email)).rejects.toThrow()
  expect(received.filter((line) => /^(MAIL|DATA)/.test(line))).toEqual([])
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

test('an email is sent by an HTTP API', async () => {
  const { url, got } = await startApi(200)
  await createApiMailer({ url, token: 'secret', from }).send(email)
  expect(got).toMatchObject([
    {
      headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
      body: { from, to: ['ann@example.com'], subject: email.subject, text: email.text },
    },
  ])
})

test('an email that the API refuses is an error', async () => {
  const { url } = await startApi(422)
  await expect(createApiMailer({ url, token: 'secret', from }).send(email)).rejects.toThrow('422')
})

test('an API that can not be reached is an error without its address or its token', async () => {
  const url = 'https://user:s3cret@api.invalid/send?key=s3cret'
  const refusing = (error: Error) => createApiMailer({ url, token: 's3cret', from, fetch: () => Promise.reject(error) })
  // As Deno reports it.
  const error = new TypeError(`error sending request for url (${url})`, { cause: new Error(url) })
  for (const mailer of [
    refusing(error),
    createApiMailer({ url, token: 's3cret', from }),
    createApiMailer({ url: 'http://127.0.0.1:9/?key=s3cret', token: 's3cret\n\u0000', from }),
  ]) {
    const lines: string[] = []
    const log = createLog({ level: 'info', now: Date.now, write: (line) => void lines.push(line) })
    await mailer.send(email).catch((reason) => log.problem({ error: reason }))
    expect(lines.join()).toContain('The mail API could not be reached')
    expect(lines.join()).not.toContain('s3cret')
  }
})

test('without a mail server the log has the email', async () => {
  const notes: unknown[][] = []
  await createLogMailer({ note: (...note) => void notes.push(note) }).send(email)
  expect(notes).toEqual([['info', expect.stringContaining('ann@example.com'), { text: email.text }]])
})
