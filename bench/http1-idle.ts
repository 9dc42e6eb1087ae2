/** Memory of an idle keep-alive connection: `node bench/http1-idle.ts [--help]`. Writes into bench/README.md. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { figure, markdownTable } from './figures.ts'
import { temporaryFolder } from './folder.ts'
import { openIdle } from './http1/idle-connections.ts'
import { askMemory } from './http1/memory.ts'
import { brief } from './http1/rounds.ts'
import { chosen, type Target, targets } from './http1/targets.ts'
import { machineText, writeReadme } from './report.ts'
import { stopAll, twoCores } from './server.ts'

const able = targets.filter(({ key }) => key !== 'canned')
const help = `node bench/http1-idle.ts
  --connections N    how many, each having done one GET [10000]
  --peers A,B        only these of: ${able.map(({ key }) => key).join(', ')}
  --dry              print the table and leave README.md alone, as a run with --peers does
`
const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000' },
    peers: { type: 'string' },
    dry: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const connections = Number(values.connections)
const { serverCore } = twoCores()
const heads = ['', 'RSS KiB for each', 'of the second half', 'heap KiB for each', 'RSS MiB at none', 'half', 'all']

if (values.help) process.stdout.write(help)
else await main()

async function main(): Promise<void> {
  const parent = temporaryFolder()
  const rows = [heads]
  const notes: string[] = []
  for (const [block, target] of chosen(able, ({ key }) => key, values.peers).entries()) {
    try {
      const row = await measure(target, join(parent, target.key), block)
      console.log(`${target.name}: ${row.map((text, index) => `${heads[index + 1]} ${text}`).join(', ')}`)
      rows.push([target.name, ...row])
    } catch (error) {
      const { message } = error as Error
      console.log(`${target.name} is left out: ${message}`)
      notes.push(`- ${target.name} is left out: ${brief(message)}`)
    }
    await stopAll()
  }
  const how = `${figure(connections)} connections, each after one GET; garbage is collected before memory is read.`
  const text = [`${machineText()} ${how}`, markdownTable(rows), ...notes].join('\n\n')
  console.log(`\n${text}`)
  if (!values.dry && !values.peers) writeReadme(text, 'node bench/http1-idle.ts')
}

async function measure(target: Target, folder: string, block: number): Promise<string[]> {
  const server = await target.start({ folder, core: serverCore, tellsMemory: true })
  const half = connections / 2
  const none = await askMemory(server, folder)
  const first = await openIdle(server.origin, half, 2 * block)
  const some = await askMemory(server, folder)
  const second = await openIdle(server.origin, half, 2 * block + 1)
  const all = await askMemory(server, folder)
  const open = first.open() + second.open()
  first.close()
  second.close()
  if (open < connections) throw new Error(`${connections - open} connections were closed before they were counted.`)
  const kibibytes = (bytes: number, count: number) => figure(bytes / count / 1024)
  return [
    kibibytes(all.rss - none.rss, connections),
    kibibytes(all.rss - some.rss, half),
    kibibytes(all.heapUsed - none.heapUsed, connections),
    ...[none, some, all].map(({ rss }) => figure(rss / 1024 ** 2)),
  ]
}
