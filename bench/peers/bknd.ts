/** bknd with one entity in a SQLite file, accounts off, as its own Node adapter serves it. */
import { boolean, em, entity, text } from 'bknd'
import { serve } from 'bknd/adapter/node'

const schema = em({
  todos: entity('todos', {
    title: text().required(),
    completed: boolean({ default_value: false }),
  }),
})

serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT),
  connection: { url: `file:${process.env.DATA_DIR}/bknd.db` },
  config: { data: schema.toJSON(), auth: { enabled: false } },
})
