import { createApp } from './app.ts'
import { chat } from './features/chat.ts'
import { echo } from './features/echo.ts'
import { todos } from './features/todos.ts'
import type { Platform } from './ports/platform.ts'
import { topic } from './topics/topic.ts'

/** The server that this repository ships. */
export function server(platform: Platform) {
  const playground = topic('playground', { access: { publish: 'anyone' } })
  const app = createApp(platform, [todos, ...chat], [playground])
  app.route('/', echo)
  return app
}
