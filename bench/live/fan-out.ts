/** A thousand subscribers of one topic. */
import { figure } from '../figures.ts'
import { atLeast, type BenchmarkCase, type Conditions, type Findings, type Goal } from './benchmark-case.ts'
import { openMany } from './connection.ts'
import { DeliveryCounter } from './delivery-counter.ts'
import { bareWsPubSub, galleyPubSub, type PubSubTarget, socketIoPubSub } from './pub-sub-targets.ts'
import { describeSample, gaugeOf, middle, perCpuSecond, rateTable, runRounds, type Sample } from './samples.ts'

const subscribers = 1000
const warmupSeconds = 0.3

/** Events in flight at a time. */
const depths = [
  { depth: 64, title: '64 events in flight at a time' },
  { depth: 1, title: 'One event in flight at a time' },
] as const

const asText = 'bare ws, a text to each'
const asBytes = 'bare ws, the bytes to each'

export const fanOut: BenchmarkCase = {
  name: 'fanout',
  title: 'Fan-out to 1,000 WebSockets',
  async run(conditions) {
    const targets = [
      await galleyPubSub(conditions),
      await socketIoPubSub(conditions),
      await bareWsPubSub(asText, {})(conditions),
      await bareWsPubSub(asBytes, { FORM: 'bytes' })(conditions),
    ]
    const parts: Findings[] = []
    for (const { depth, title } of depths) parts.push(await runDepth(targets, conditions, depth, title))
    return { goals: parts.flatMap(({ goals }) => goals), text: [intro, ...parts.map(({ text }) => text)].join('\n\n') }
  },
}

const intro =
  'Events of 200 bytes, deliveries counted; every subscriber got every event once and in order, or there would be no figure. ' +
  'Galley writes each event to its log and syncs it before anybody gets it; the others keep nothing. ' +
  'The publisher is one connection: a TCP connection, a Socket.IO client, a WebSocket. ' +
  `“${asText}” is \`for (const client of clients) client.send(text)\`; “${asBytes}” sends on the Buffer that came.`

async function runDepth(
  targets: PubSubTarget[],
  conditions: Conditions,
  depth: number,
  title: string,
): Promise<Findings> {
  console.log(title)
  const { rounds, seconds } = conditions
  const run = (target: PubSubTarget) => runFanOut(target, depth, seconds)
  const samples = await runRounds({ targets, rounds, run, describe: describeSample })
  return { goals: goalsOf(samples, title), text: `${title}:\n\n${rateTable(samples)}` }
}

function goalsOf(samples: ReadonlyMap<PubSubTarget, Sample[]>, title: string): Goal[] {
  const rate = (name: string) => middle([...samples].find(([target]) => target.name === name)?.[1], perCpuSecond)
  const against = (name: string, ratio: number) =>
    atLeast(`${title}: deliveries per second of CPU, of ${name}’s`, ratio, rate('Galley') / rate(name), figure)
  return [against('Socket.IO', 3), against(asText, 0.9), against(asBytes, 0.9)]
}

async function runFanOut(target: PubSubTarget, depth: number, seconds: number): Promise<Sample> {
  const start = await target.start()
  let newest = start
  const counter = new DeliveryCounter(subscribers, start)
  const clients = await openMany(subscribers, (index) =>
    target.subscribe(index, (sequence) => counter.received(index, sequence)),
  )
  const publisher = await target.openPublisher()
  const feed = new Feed(counter, depth, () => {
    newest += 1
    publisher.publish(newest)
  })
  await feed.run(warmupSeconds)
  const before = counter.delivered
  const reading = gaugeOf(target.server).begin()
  await feed.run(seconds)
  const sample = reading.end(counter.delivered - before)
  publisher.close()
  for (const client of clients) client.close()
  return sample
}

/** Publishes another event for each that was delivered to every subscriber. */
class Feed {
  #published = 0
  #isEnding = false
  readonly #counter: DeliveryCounter
  readonly #depth: number
  readonly #publish: () => void
  #end = Promise.withResolvers<void>()

  constructor(counter: DeliveryCounter, depth: number, publish: () => void) {
    this.#counter = counter
    this.#depth = depth
    this.#publish = publish
    counter.onCompleted = () => this.#goOn()
  }

  /** Resolves when every event is delivered. */
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
    else if (this.#counter.completed === this.#published) this.#end.resolve()
  }
}
