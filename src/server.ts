import { createApp } from './app.ts'
import { echo } from './features/echo.ts'
import { todos } from './features/todos.ts'
import type { Platform } from './platform.ts'

/** The server that this repository ships. */
export function server(platform: Platform) {
  const app = createApp(platform, [todos])
  app.route('/', echo)
  return app
}
