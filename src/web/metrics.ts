import { Hono } from 'hono'
import { AppError } from '../errors.ts'
import { dataHeaders } from '../http/secure-headers.ts'
import type { Platform } from '../ports/platform.ts'
import { bearerIn } from '../request/bearer.ts'
import { isLoopbackAddress } from '../request/client-address.ts'
import type { Context, Env } from '../request/context.ts'

/** Headers that a proxy adds: behind one on the same machine every client has a loopback address. */
const forwarding = ['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-real-ip', 'via', 'cf-connecting-ip']

/** `GET /metrics` for Prometheus, open to this machine and to a bearer of the token. */
export function createMetricsRoute({ metrics, settings }: Platform): Hono<Env> {
  return new Hono<Env>().get('/metrics', async (c) => {
    if (!isLocal(c) && !(await bearsToken(c, settings.metricsToken))) {
      throw new AppError(
        'forbidden',
        'The metrics require a request from this machine, or METRICS_TOKEN as a bearer token.',
      )
    }
    const headers = { ...dataHeaders, 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }
    return new Response(metrics.text(), { headers: { ...headers, 'Cache-Control': 'no-store' } })
  })
}

function isLocal(c: Context): boolean {
  const { headers } = c.req.raw
  // Requests of a message connection do not show whether a proxy forwarded it.
  if (c.env.isMessage) return false
  return isLoopbackAddress(c.env.peer?.address ?? null) && !forwarding.some((name) => headers.has(name))
}

/** Compares digests, so that the time it takes reveals nothing of the token. */
async function bearsToken(c: Context, token: string): Promise<boolean> {
  const given = bearerIn(c.req.raw.headers.get('authorization'))
  if (token === '' || given === null) return false
  return (await digest(given)) === (await digest(token))
}

async function digest(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toHex()
}
