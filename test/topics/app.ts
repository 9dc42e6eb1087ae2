/** The app as the shipped server has it, over any database, without a runtime around it. */
import { createApp } from '../../src/app.ts'
import { todos } from '../../src/features/todos.ts'
import { topic } from '../../src/topics/topic.ts'
import { createTestPlatform } from '../harness/platform.ts'

/** Little, so that a trim finds something. */
const keepEvents = 1000

const playground = topic('playground', { access: { publish: 'anyone' }, keep: { events: keepEvents } })

/** Todos, and the open topic `playground`. To be started before it is asked anything. */
export function createTestApp(given: Parameters<typeof createTestPlatform>[0]) {
  return createApp(createTestPlatform(given), { collections: [todos], topics: [playground] })
}
