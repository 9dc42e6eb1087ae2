import type { Mailer } from '../../src/ports/mailer.ts'

export interface ApiMailerOptions {
  /** Takes `{from, to, subject, text}` by POST, as https://api.resend.com/emails does. */
  url: string
  /** Sent as a bearer token. */
  token: string
  /** The sender, as in `Galley <galley@app.example>`. */
  from: string
  fetch?: typeof fetch
}

const timeoutMs = 15_000

/** The mailer port over an HTTP API, for Workers, which can't speak SMTP. */
export function createApiMailer({ url, token, from, fetch = globalThis.fetch }: ApiMailerOptions): Mailer {
  return {
    async send({ to, subject, text }) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ from, to: [to], subject, text }),
        signal: AbortSignal.timeout(timeoutMs),
      })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`The mail API responded with status ${response.status}.`)
    },
  }
}
