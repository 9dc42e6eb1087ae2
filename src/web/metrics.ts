import { Hono } from 'hono'
import { AppError } from '../errors.ts'
import { dataHeaders } from '../http/secure-headers.ts'
import type { Platform } from '../ports/platform.ts'
import type { Context, Env } from '../request/context.ts'

const loopback = /^(127\.|::1$|::ffff:127\.)/
/** What a proxy adds: behind one on the same machine, everybody's address is loopback. */
const forwarding = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via', 'cf-connecting-ip']

/** `GET /metrics` for Prometheus: answers this machine, and whoever bears the token. */
export function createMetricsRoute({ metrics, settings }: Platform): Hono<Env> {
  return new Hono<Env>().get('/metrics', async (c) => {
    if (!isLocal(c) && !(await bearsToken(c, settings.metricsToken))) {
      throw new AppError('forbidden', 'The metrics are for this machine, or for who bears METRICS_TOKEN.')
    }
    const headers = { ...dataHeaders, 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }
    return new Response(metrics.text(), { headers: { ...headers, 'Cache-Control': 'no-store' } })
  })
}

function isLocal(c: Context): boolean {
  const { headers } = c.req.raw
  // Of a session that a proxy has forwarded nothing tells so any more.
  if (c.env.isMessage) return false
  return loopback.test(c.env.peer?.address ?? '') && !forwarding.some((name) => headers.has(name))
}

/** Compares digests, so that the time tells nothing of the token. */
async function bearsToken(c: Context, token: string): Promise<boolean> {
  const given = /^Bearer (.+)$/i.exec(c.req.raw.headers.get('authorization') ?? '')?.[1]
  if (token === '' || given === undefined) return false
  return (await digest(given)) === (await digest(token))
}

async function digest(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toHex()
}
