/** The shipped server, with the chat. */
import { serve } from '../../adapters/node/serve.ts'
import { createApp } from '../../src/app.ts'
import { chat } from '../../src/features/chat.ts'
import { todos } from '../../src/features/todos.ts'
import { topic } from '../../src/topics/topic.ts'

await serve((platform) =>
  createApp(platform, {
    collections: [todos, ...chat],
    topics: [topic('playground', { access: { publish: 'anyone' } })],
  }),
)
