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
      const response = await post(JSON.stringify({ from, to: [to], subject, text }))
      await response.body?.cancel()
      if (!response.ok) throw new Error(`The mail API responded with status ${response.status}.`)
    },
  }

  /** Its error leaves out the one of `fetch`, which may show the URL or the token. */
  async function post(body: string): Promise<Response> {
    try {
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
      return await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(timeoutMs) })
    } catch (error) {
      // oxlint-disable-next-line preserve-caught-error -- the cause would be logged, with the URL or the token
      throw new Error(`The mail API could not be reached (${reasonOf(error)}).`)
    }
  }
}

/** A code such as ECONNREFUSED, else the kind of the error. */
function reasonOf(error: unknown): string {
  const { name = 'Error', cause } = error as { name?: string; cause?: { code?: unknown } }
  return typeof cause?.code === 'string' ? cause.code : name
}
