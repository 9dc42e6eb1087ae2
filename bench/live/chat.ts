/** A chat of a thousand: how long a message takes to those in the room. */
import { setTimeout as sleep } from 'node:timers/promises'
import { figure, markdownTable, median, quantile } from '../figures.ts'
import { openMany } from './connection.ts'
import { Ledger, roomSize } from './ledger.ts'
import { galleyParlour, type Parlour, type Speaker, socketIoParlour } from './parlours.ts'
import { gaugeOf, middle, playRounds, type Turn } from './turns.ts'
import { type Findings, under, type Work } from './work.ts'

const users = 1000
/** Each user sends one. */
const periodMs = 500
const warmupMs = 1000
/** Deliveries are few, so a turn takes longer than those of other works. */
const secondsFactor = 3
const settleMs = 2000

interface ChatTurn extends Turn {
  p50Ms: number
  p99Ms: number
}

export const chat: Work = {
  name: 'chat',
  title: 'Chat: 1,000 users in rooms of 6, 2 messages a second each',
  async run(conditions) {
    const parlours = [await galleyParlour(conditions), await socketIoParlour(conditions)]
    const { rounds, seconds } = conditions
    const play = (parlour: Parlour) => playParlour(parlour, seconds * secondsFactor)
    return findingsOf(await playRounds({ contenders: parlours, rounds, play, describe }))
  },
}

function describe({ p50Ms, p99Ms, amount, seconds }: ChatTurn): string {
  return `p50 ${figure(p50Ms)} ms, p99 ${figure(p99Ms)} ms, ${figure(amount / seconds)} deliveries/s`
}

function findingsOf(turns: ReadonlyMap<Parlour, ChatTurn[]>): Findings {
  const [galley, socketIo] = [...turns.values()]
  const p99 = (of: ChatTurn[] | undefined) => middle(of, ({ p99Ms }) => p99Ms)
  const heads = ['', 'p50 ms', 'p99 ms', 'lowest–highest p99', 'deliveries per second', 'server busy']
  const rows = [...turns].map(([{ name }, all]) => [
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

async function playParlour(parlour: Parlour, seconds: number): Promise<ChatTurn> {
  const rooms = await openMany(Math.ceil(users / roomSize), (index) => parlour.makeRoom(index))
  const ledger = new Ledger(users)
  const speakers = await openMany(users, (index) =>
    parlour.enter(index, rooms[Math.floor(index / roomSize)] as string, (bytes, from) =>
      ledger.took(index, bytes, from),
    ),
  )
  const conversation = new Conversation(speakers, ledger)
  await sleep(warmupMs)
  const skipped = ledger.latenciesMs.length
  const reading = gaugeOf(parlour.server).begin()
  await sleep(seconds * 1000)
  const latenciesMs = ledger.latenciesMs.slice(skipped)
  const turn = reading.end(latenciesMs.length)
  conversation.stop()
  await ledger.settled(settleMs)
  for (const speaker of speakers) speaker.close()
  return { ...turn, p50Ms: quantile(latenciesMs, 0.5), p99Ms: quantile(latenciesMs, 0.99) }
}

/** Everybody speaks at their own moment of each period. */
class Conversation {
  readonly #timer: NodeJS.Timeout
  readonly #beginMs = performance.now()
  #said = 0

  constructor(speakers: readonly Speaker[], ledger: Ledger) {
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#beginMs) / periodMs) * speakers.length
      for (; this.#said < due; this.#said++) {
        const user = this.#said % speakers.length
        speakers[user]?.say(ledger.write(user))
      }
    }, 1)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
