import { connect, type Socket } from 'node:net'
import { createTransport } from 'nodemailer'
import type { Mailer } from '../../src/ports/mailer.ts'
import { smtpPort } from './smtp-port.ts'

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
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const transport = createTransport({
    host,
    port: smtpPort({ protocol, port }),
    secure,
    getSocket(_, done) {
      openSocket(host, smtpPort({ protocol, port }), done)
    },
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

/** Connects by name. By itself nodemailer looks up the address first, for which Deno would need permission to reach any address. */
function openSocket(
  host: string,
  port: number,
  done: (error: Error | null, made: { connection: Socket }) => void,
): void {
  const connection = connect({ host, port, timeout: timeoutMs })
  const fail = (error: Error) => done(error, { connection })
  connection.once('timeout', () => connection.destroy(new Error(`No connection to ${host}:${port} in time.`)))
  connection.once('error', fail)
  connection.once('connect', () => {
    connection.off('error', fail)
    connection.setTimeout(0)
    connection.removeAllListeners('timeout')
    done(null, { connection })
  })
}
