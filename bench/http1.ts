/** HTTP/1.1 servers side by side: `node bench/http1.ts [--help]`. Writes its tables into bench/README.md. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { temporaryFolder } from './folder.ts'
import { type Contender, chosen, contenders } from './http1/contenders.ts'
import { brief, type Entrant, playRounds } from './http1/rounds.ts'
import { tables } from './http1/tables.ts'
import { type Play, type Work, works } from './http1/works.ts'
import { writeReadme } from './report.ts'
import { stopAll, twoCores } from './server.ts'

const help = `node bench/http1.ts
  --rounds N         rounds; in each, every contender does every work [5]
  --seconds N        how long a work takes in a round; an upload takes what it takes [2]
  --warmup N         the same before the first round, not counted; 0 for none [1]
  --connections N    keep-alive connections [64]
  --peers A,B        only these of: ${contenders.map(({ key }) => key).join(', ')}
  --works A,B        only these of: ${works.map(({ name }) => name).join(', ')}
  --dry              print the tables and leave README.md alone, as a run with --peers or --works does

All of it takes nine minutes. The ratios are of node and hono-node, so name them, too. A look of twenty seconds:
  node bench/http1.ts --peers node,galley --works get,post --rounds 2 --seconds 1
`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    warmup: { type: 'string', default: '1' },
    connections: { type: 'string', default: '64' },
    peers: { type: 'string' },
    works: { type: 'string' },
    dry: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const connections = Number(values.connections)
const isPart = values.peers !== undefined || values.works !== undefined
const { serverCore, clientCore } = twoCores()

interface Ready extends Entrant {
  contender: Contender
  folder: string
  works: ReadonlySet<Work>
}

if (values.help) process.stdout.write(help)
else await main()

async function main(): Promise<void> {
  const chosenContenders = chosen(contenders, ({ key }) => key, values.peers)
  const chosenWorks = chosen(works, ({ name }) => name, values.works)
  const parent = temporaryFolder()
  const notes: string[] = []
  const entrants: Ready[] = []
  for (const contender of chosenContenders) {
    const ready = await enter(contender, chosenWorks, join(parent, contender.key), notes)
    if (ready) entrants.push(ready)
  }
  const score = await playRounds({
    entrants,
    works: chosenWorks,
    rounds,
    seconds,
    warmupSeconds: Number(values.warmup),
    takes: (entrant, work) => entrant.works.has(work),
    play: (entrant, work, duration) => work.run(playOf(entrant, duration)),
  })
  const text = tables({
    turns: score.turns,
    failures: [...notes, ...score.failures],
    works: chosenWorks,
    contenders: entrants.map(({ contender }) => contender),
    conditions: { rounds, seconds, connections },
  })
  console.log(`\n${text}`)
  if (!values.dry && !isPart) writeReadme(text, 'node bench/http1.ts')
  await stopAll()
}

/** Starts a contender, tries each work by hand, and lets it rest. Null, with a note, when it can't start. */
async function enter(
  contender: Contender,
  chosenWorks: readonly Work[],
  folder: string,
  notes: string[],
): Promise<Ready | null> {
  mkdirSync(folder)
  try {
    const server = await contender.start({ folder, core: serverCore })
    const ready = { name: contender.name, contender, server, folder, works: new Set<Work>() }
    for (const work of chosenWorks) {
      if (contender.works && !contender.works.includes(work.name)) continue
      if (await isRight(work, ready, notes)) ready.works.add(work)
    }
    await server.quiet()
    server.pause()
    console.log(`${contender.name} (${contender.version()}): ready for ${ready.works.size} works`)
    return ready
  } catch (error) {
    note(notes, `${contender.name} is left out`, error)
    return null
  }
}

async function isRight(work: Work, ready: Omit<Ready, 'works'>, notes: string[]): Promise<boolean> {
  try {
    await work.check(playOf(ready, seconds))
    return true
  } catch (error) {
    note(notes, `${ready.name}, ${work.name}: the answer is not right`, error)
    return false
  }
}

function note(notes: string[], what: string, error: unknown): void {
  const { message } = error as Error
  console.log(`${what}: ${message}`)
  notes.push(`${what}: ${brief(message)}`)
}

function playOf({ server, folder }: Pick<Ready, 'server' | 'folder'>, duration: number): Play {
  return { server, folder, connections, seconds: duration, core: clientCore }
}
