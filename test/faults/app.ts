import { createApp } from '../../src/app.ts'
import { todos } from '../../src/features/todos.ts'
import type { Platform } from '../../src/ports/platform.ts'
import { calls } from './calls.ts'

export const server = (platform: Platform) => createApp(platform, { collections: [todos, calls] })
