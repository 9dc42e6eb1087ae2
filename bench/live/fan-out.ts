/** A thousand subscribers of one topic. */
import { figure } from '../figures.ts'
import { type Arena, bareWsArena, galleyArena, socketIoArena } from './arenas.ts'
import { openMany } from './connection.ts'
import { Tally } from './tally.ts'
import { describeTurn, gaugeOf, middle, perCpuSecond, playRounds, rateTable, type Turn } from './turns.ts'
import { atLeast, type Conditions, type Findings, type Goal, type Work } from './work.ts'

const subscribers = 1000
const warmupSeconds = 0.3

/** How many events are on the way to somebody at a time. */
const depths = [
  { depth: 64, title: '64 events on the way at a time' },
  { depth: 1, title: 'An event when everybody has the one before' },
] as const

const asText = 'bare ws, a text to each'
const asBytes = 'bare ws, the bytes to each'

export const fanOut: Work = {
  name: 'fanout',
  title: 'Fan-out to 1,000 WebSockets',
  async run(conditions) {
    const arenas = [
      await galleyArena(conditions),
      await socketIoArena(conditions),
      await bareWsArena(asText, {})(conditions),
      await bareWsArena(asBytes, { FORM: 'bytes' })(conditions),
    ]
    const parts: Findings[] = []
    for (const { depth, title } of depths) parts.push(await playDepth(arenas, conditions, depth, title))
    return { goals: parts.flatMap(({ goals }) => goals), text: [intro, ...parts.map(({ text }) => text)].join('\n\n') }
  },
}

const intro =
  'Events of 200 bytes, deliveries counted; every subscriber got every event once and in order, or there would be no figure. ' +
  'Galley writes each event to its log and syncs it before anybody gets it; the others keep nothing. ' +
  'The publisher is one connection: a TCP session, a Socket.IO client, a WebSocket. ' +
  `“${asText}” is \`for (const client of clients) client.send(text)\`; “${asBytes}” sends on the Buffer that came.`

async function playDepth(arenas: Arena[], conditions: Conditions, depth: number, title: string): Promise<Findings> {
  console.log(title)
  const { rounds, seconds } = conditions
  const play = (arena: Arena) => playArena(arena, depth, seconds)
  const turns = await playRounds({ contenders: arenas, rounds, play, describe: describeTurn })
  return { goals: goalsOf(turns, title), text: `${title}:\n\n${rateTable(turns)}` }
}

function goalsOf(turns: ReadonlyMap<Arena, Turn[]>, title: string): Goal[] {
  const rate = (name: string) => middle([...turns].find(([arena]) => arena.name === name)?.[1], perCpuSecond)
  const against = (name: string, ratio: number) =>
    atLeast(`${title}: deliveries per second of CPU, of ${name}’s`, ratio, rate('Galley') / rate(name), figure)
  return [against('Socket.IO', 3), against(asText, 0.9), against(asBytes, 0.9)]
}

async function playArena(arena: Arena, depth: number, seconds: number): Promise<Turn> {
  const start = await arena.start()
  let newest = start
  const tally = new Tally(subscribers, start)
  const clients = await openMany(subscribers, (index) =>
    arena.subscribe(index, (sequence) => tally.took(index, sequence)),
  )
  const publisher = await arena.openPublisher()
  const feed = new Feed(tally, depth, () => {
    newest += 1
    publisher.publish(newest)
  })
  await feed.run(warmupSeconds)
  const before = tally.delivered
  const reading = gaugeOf(arena.server).begin()
  await feed.run(seconds)
  const turn = reading.end(tally.delivered - before)
  publisher.close()
  for (const client of clients) client.close()
  return turn
}

/** Publishes another event for each that has reached everybody. */
class Feed {
  #published = 0
  #isEnding = false
  readonly #tally: Tally
  readonly #depth: number
  readonly #publish: () => void
  #end = Promise.withResolvers<void>()

  constructor(tally: Tally, depth: number, publish: () => void) {
    this.#tally = tally
    this.#depth = depth
    this.#publish = publish
    tally.onCompleted = () => this.#goOn()
  }

  /** Resolves when everybody has everything. */
  async run(seconds: number): Promise<void> {
    this.#isEnding = false
    this.#end = Promise.withResolvers()
    setTimeout(() => {
      this.#isEnding = true
    }, seconds * 1000)
    for (let left = this.#depth; left > 0; left--) this.#more()
    await this.#end.promise
  }

  #more(): void {
    this.#published += 1
    this.#publish()
  }

  #goOn(): void {
    if (!this.#isEnding) this.#more()
    else if (this.#tally.completed === this.#published) this.#end.resolve()
  }
}
