import { createTransport } from 'nodemailer'
import type { Mailer } from '../../src/ports/mailer.ts'

export interface SmtpMailerOptions {
  /** As in `smtp://user:password@mail.example:587`, or `smtps:` for TLS from the start. */
  url: string
  /** The sender, as in `Galley <galley@app.example>`. */
  from: string
}

const timeoutMs = 15_000

/** The mailer port over SMTP, for Node, Deno and Bun. */
export function createSmtpMailer({ url, from }: SmtpMailerOptions): Mailer {
  const { protocol, hostname, port, username, password, searchParams } = new URL(url)
  const secure = protocol === 'smtps:'
  const transport = createTransport({
    host: hostname,
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    // Otherwise emails could cross a network in the clear; `?tls=off` is for a server on the same machine.
    requireTLS: !secure && searchParams.get('tls') !== 'off',
    ignoreTLS: searchParams.get('tls') === 'off',
    ...(username !== '' && { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send({ to, subject, text }) {
      await transport.sendMail({ from, to: { name: '', address: to }, subject, text })
    },
  }
}
