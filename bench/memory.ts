/** The memory that the server holds after many requests: `node bench/memory.ts [--gets 100000,1000000]`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { figure, markdownTable } from './figures.ts'
import { fillByPost } from './fill.ts'
import { temporaryFolder } from './folder.ts'
import { fillGalley, startGalley } from './galley.ts'
import { stopAll, twoCores } from './server.ts'
import { runWrk } from './wrk.ts'

const { values } = parseArgs({
  options: {
    gets: { type: 'string', default: '100000,1000000' },
    todos: { type: 'string', default: '10000' },
    creates: { type: 'string', default: '10000' },
  },
})
const todos = Number(values.todos)
const creates = Number(values.creates)
const connections = 64
const { serverCore, clientCore } = twoCores()
const parent = temporaryFolder()
const server = await startGalley({ folder: join(parent, 'data'), core: serverCore })
const rows = [['', 'RSS MiB']]
const note = (what: string) => rows.push([what, figure(server.rssMiB())])
note('started')
const ids = await fillGalley(server.origin, todos)
note(`after ${figure(todos)} creates and the list of all`)

const getsFile = join(parent, 'gets.txt')
writeFileSync(getsFile, `${ids.map((id) => `/api/todos/${id}`).join('\n')}\n`)
const load = { getsFile, postShare: 0, postPath: '/api/todos', postBody: '{"title":"milk"}' }
let done = 0
for (const target of values.gets.split(',').map(Number)) {
  while (done < target) {
    const options = { origin: server.origin, connections, core: clientCore }
    done += (await runWrk(load, { ...options, seconds: 2 })).requests
  }
  note(`after ${figure(done)} GETs`)
  await fillByPost(`${server.origin}/api/todos`, creates, () => ({ title: 'Buy milk and bread' }))
  note(`and ${figure(creates)} creates more`)
}
console.log(markdownTable(rows))
await stopAll()
