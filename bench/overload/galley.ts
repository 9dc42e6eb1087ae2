/** The shipped server with one more route, each of whose responses costs a millisecond of CPU. */
import { Hono } from 'hono'
import { serve } from '../../adapters/node/serve.ts'
import { todos } from '../../src/features/todos.ts'
import { replyWith } from '../../src/http/reply.ts'
import { createApp, type Env } from '../../src/index.ts'
import { createBurn } from './burn.ts'

const burn = createBurn(1)

await serve((platform) =>
  createApp(platform, {
    collections: [todos],
    routes: () => new Hono<Env>().get('/api/burn', (c) => replyWith(c, { status: 200, data: burn() })),
  }),
)
