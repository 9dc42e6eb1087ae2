/** Delivery latency in a chat with a thousand users. */
import { setTimeout as sleep } from 'node:timers/promises'
import { figure, markdownTable, median, quantile } from '../figures.ts'
import { type BenchmarkCase, type Findings, under } from './benchmark-case.ts'
import { type ChatClient, type ChatTarget, galleyChat, socketIoChat } from './chat-targets.ts'
import { openMany } from './connection.ts'
import { DeliveryCheck, roomSize } from './delivery-check.ts'
import { gaugeOf, middle, runRounds, type Sample } from './samples.ts'

const users = 1000
/** Each user sends one message a period. */
const periodMs = 500
const warmupMs = 1000
/** Deliveries are few, so this case is measured for longer. */
const secondsFactor = 3
const deliveryTimeoutMs = 2000

interface ChatSample extends Sample {
  p50Ms: number
  p99Ms: number
}

export const chat: BenchmarkCase = {
  name: 'chat',
  title: 'Chat: 1,000 users in rooms of 6, 2 messages a second each',
  async run(conditions) {
    const targets = [await galleyChat(conditions), await socketIoChat(conditions)]
    const { rounds, seconds } = conditions
    const run = (target: ChatTarget) => runChat(target, seconds * secondsFactor)
    return findingsOf(await runRounds({ targets, rounds, run, describe }))
  },
}

function describe({ p50Ms, p99Ms, amount, seconds }: ChatSample): string {
  return `p50 ${figure(p50Ms)} ms, p99 ${figure(p99Ms)} ms, ${figure(amount / seconds)} deliveries/s`
}

function findingsOf(samples: ReadonlyMap<ChatTarget, ChatSample[]>): Findings {
  const [galley, socketIo] = [...samples.values()]
  const p99 = (of: ChatSample[] | undefined) => middle(of, ({ p99Ms }) => p99Ms)
  const heads = ['', 'p50 ms', 'p99 ms', 'lowest–highest p99', 'deliveries per second', 'server busy']
  const rows = [...samples].map(([{ name }, all]) => [
    name,
    figure(middle(all, ({ p50Ms }) => p50Ms)),
    figure(p99(all)),
    `${figure(Math.min(...all.map(({ p99Ms }) => p99Ms)))}–${figure(Math.max(...all.map(({ p99Ms }) => p99Ms)))}`,
    figure(median(all.map(({ amount, seconds }) => amount / seconds))),
    `${figure(middle(all, ({ cpuSeconds, seconds }) => (100 * cpuSeconds) / seconds))} %`,
  ])
  return {
    goals: [under('p99 of delivery, of Socket.IO’s', 0.5, p99(galley) / p99(socketIo), figure)],
    text: `${intro}\n\n${markdownTable([heads, ...rows])}`,
  }
}

const intro =
  'From sending a message to each member’s getting it, the sender among them; one process does both. Each room had ' +
  'every message delivered to every member, once. Galley keeps a message as a row of a collection and as an event, ' +
  'both synced, before anybody gets it; Socket.IO keeps nothing.'

async function runChat(target: ChatTarget, seconds: number): Promise<ChatSample> {
  const rooms = await openMany(Math.ceil(users / roomSize), (index) => target.makeRoom(index))
  const check = new DeliveryCheck(users)
  const clients = await openMany(users, (index) =>
    target.join(index, rooms[Math.floor(index / roomSize)] as string, (bytes, from) =>
      check.received(index, bytes, from),
    ),
  )
  const load = new ChatLoad(clients, check)
  await sleep(warmupMs)
  const skipped = check.latenciesMs.length
  const reading = gaugeOf(target.server).begin()
  await sleep(seconds * 1000)
  const latenciesMs = check.latenciesMs.slice(skipped)
  const sample = reading.end(latenciesMs.length)
  load.stop()
  await check.allDelivered(deliveryTimeoutMs)
  for (const client of clients) client.close()
  return { ...sample, p50Ms: quantile(latenciesMs, 0.5), p99Ms: quantile(latenciesMs, 0.99) }
}

/** Every client sends once a period, spread evenly over it. */
class ChatLoad {
  readonly #timer: NodeJS.Timeout
  readonly #beginMs = performance.now()
  #sent = 0

  constructor(clients: readonly ChatClient[], check: DeliveryCheck) {
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#beginMs) / periodMs) * clients.length
      for (; this.#sent < due; this.#sent++) {
        const user = this.#sent % clients.length
        clients[user]?.send(check.write(user))
      }
    }, 1)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
