import { expect, test } from 'vitest'
import { createApiMailer } from '../../adapters/mail/api.ts'
import { createSmtpMailer } from '../../adapters/mail/smtp.ts'
import { createLog } from '../../src/ports/log.ts'
import { createLogMailer } from '../../src/ports/mailer.ts'
import { startMailApi, startSmtp } from '../harness/mail-servers.ts'

const email = {
  to: 'ann@example.com',
  subject: 'A new password',
  text: 'Go to\n\nhttps://app.example/reset#x\n.\nend\n',
}
const from = 'Galley <galley@app.example>'

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

test('an email is sent by an HTTP API', async () => {
  const { url, got } = await startMailApi(200)
  await createApiMailer({ url, token: 'secret', from }).send(email)
  expect(got).toMatchObject([
    {
      headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
      body: { from, to: ['ann@example.com'], subject: email.subject, text: email.text },
    },
  ])
})

test('an email that the API refuses is an error', async () => {
  const { url } = await startMailApi(422)
  await expect(createApiMailer({ url, token: 'secret', from }).send(email)).rejects.toThrow('422')
})

test('an API that can not be reached is an error without its address or its token', async () => {
  const url = 'https://user:s3cret@api.invalid/send?key=s3cret'
  const refusing = (error: Error) => {
    const fetch = async () => {
      throw error
    }
    return createApiMailer({ url, token: 's3cret', from, fetch })
  }
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
