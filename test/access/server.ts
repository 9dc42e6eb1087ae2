import { createApp } from '../../src/app.ts'
import { todos } from '../../src/features/todos.ts'
import type { Platform } from '../../src/ports/platform.ts'
import { accessCollections, accessTopics } from '../fixtures/access.ts'

/** A server with a rule of every kind. */
export function server(platform: Platform) {
  return createApp(platform, { collections: [todos, ...accessCollections], topics: accessTopics })
}
