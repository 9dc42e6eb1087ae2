import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, Env } from '../request/context.ts'
import { reply } from './reply.ts'

const info = { openapi: '3.1.0', info: { title: 'Galley', version: '1' }, servers: [{ url: '/' }] }

/** Makes the handler of `GET /openapi.json`. The document is made at the first request, when all routes are known. */
export function createDescription(hono: OpenAPIHono<Env>): (c: Context) => Response {
  let text: string | null = null
  return (c) => {
    text ??= JSON.stringify(hono.getOpenAPI31Document(info))
    return reply(c, 200, text)
  }
}
