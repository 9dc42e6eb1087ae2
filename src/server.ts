import { createApp } from './app.ts'
import { todos } from './features/todos.ts'
import type { Platform } from './platform.ts'

/** The server that this repository ships. */
export const server = (platform: Platform) => createApp(platform, [todos])
