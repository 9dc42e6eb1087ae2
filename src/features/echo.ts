import { OpenAPIHono, z } from '@hono/zod-openapi'
import { compressText } from '../http/compression.ts'
import type { Env } from '../request/context.ts'

/** Two routes for testing clients and networks. */
export const echo = new OpenAPIHono<Env>()

echo.get('/echo/:message', (c) => compressText(c.req.raw, c.req.param('message')))
echo.get('/user-agent', (c) => compressText(c.req.raw, c.req.header('user-agent') ?? ''))

const responses = {
  200: {
    description: 'The text, compressed if the client accepts it.',
    content: { 'text/plain': { schema: z.string() } },
  },
}

echo.openAPIRegistry.registerPath({
  method: 'get',
  path: '/echo/{message}',
  summary: 'Returns the message',
  request: { params: z.object({ message: z.string() }) },
  responses,
})
echo.openAPIRegistry.registerPath({
  method: 'get',
  path: '/user-agent',
  summary: 'Returns the User-Agent header',
  responses,
})
