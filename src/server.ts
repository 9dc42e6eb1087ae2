import { createApp } from './app.ts'
import { chat } from './features/chat.ts'
import { echo } from './features/echo.ts'
import { todos } from './features/todos.ts'
import type { Platform } from './ports/platform.ts'
import { topic } from './topics/topic.ts'

/** The server that this repository ships. */
export function server(platform: Platform) {
  return createApp(platform, {
    collections: [todos, ...chat],
    topics: [topic('playground', { access: { publish: 'anyone' } })],
    routes: () => echo,
  })
}
