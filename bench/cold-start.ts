/** From spawning the server to its first response: `node bench/cold-start.ts [--runs 15] [--todos 10000]`. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { figure, markdownTable, median } from './figures.ts'
import { temporaryFolder } from './folder.ts'
import { fillGalley, startGalley } from './galley.ts'
import { twoCores } from './server.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '15' }, todos: { type: 'string', default: '10000' } },
})
const runs = Number(values.runs)
const todos = Number(values.todos)
const { serverCore } = twoCores()
const parent = temporaryFolder()
const existing = join(parent, 'existing')
const server = await startGalley({ folder: existing, core: serverCore })
await fillGalley(server.origin, todos)
await server.stop()

const fresh: number[] = []
const again: number[] = []
for (let n = 0; n < runs; n++) {
  fresh.push(await startMs(join(parent, `new-${n}`)))
  again.push(await startMs(existing))
}
const row = (name: string, all: number[]) => [name, ...[median(all), Math.min(...all), Math.max(...all)].map(figure)]
const rows = [row('new', fresh), row(`with ${figure(todos)} todos`, again)]
console.log(markdownTable([['data directory', 'median ms', 'shortest', 'longest'], ...rows]))

async function startMs(folder: string): Promise<number> {
  const before = performance.now()
  const server = await startGalley({ folder, core: serverCore })
  const ms = performance.now() - before
  await server.stop()
  return ms
}
