/** Load in a closed loop, where the next request waits for an answer, and in an open one, where nothing waits. */
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../figures.ts'
import { Connection } from './connection.ts'

export interface Answer {
  /** When the request was due, in milliseconds since the load began. */
  dueMs: number
  /** From then to its answer. */
  latencyMs: number
  status: number
}

/** What came of a load. */
export class Outcome {
  readonly answers: readonly Answer[]
  readonly seconds: number

  constructor(answers: readonly Answer[], seconds: number) {
    this.answers = answers
    this.seconds = seconds
  }

  get #good(): readonly Answer[] {
    return this.answers.filter(({ status }) => status >= 200 && status < 300)
  }

  /** Answers of 2xx a second. */
  get goodput(): number {
    return this.#good.length / this.seconds
  }

  /** Of those that were served. */
  quantileMs(share: number): number {
    return quantile(
      this.#good.map(({ latencyMs }) => latencyMs),
      share,
    )
  }

  count(status: number): number {
    return this.answers.filter((answer) => answer.status === status).length
  }

  get failed(): number {
    return this.answers.filter(({ status }) => status === 0 || status === 500).length
  }
}

export interface LoadOptions {
  connections: readonly Connection[]
  seconds: number
  /** The bytes of the n-th request. */
  request(n: number): string
}

const endTimeoutMs = 30_000
const tickMs = 1

/** Connections to be used within the seconds in which a server waits for a first request. */
export async function openConnections(port: number, count: number): Promise<Connection[]> {
  const all: Connection[] = []
  // Not all at once: a queue of the system would overflow.
  while (all.length < count) all.push(await Connection.open(port))
  return all
}

export function closeAll(connections: readonly Connection[]): void {
  for (const connection of connections) connection.close()
}

/** As many requests at a time as there are connections. */
export async function closedLoop(options: LoadOptions): Promise<Outcome> {
  const { connections, seconds, request } = options
  const answers: Answer[] = []
  const startMs = performance.now()
  const endMs = seconds * 1000
  let count = 0
  const go = (connection: Connection, done: () => void) => {
    const dueMs = performance.now() - startMs
    if (dueMs > endMs) {
      done()
      return
    }
    connection.ask(request(count++), (status) => {
      answers.push({ dueMs, latencyMs: performance.now() - startMs - dueMs, status })
      if (status === 0) done()
      else go(connection, done)
    })
  }
  await Promise.all(connections.map((connection) => new Promise<void>((done) => go(connection, done))))
  return new Outcome(answers, seconds)
}

/** Requests at a steady rate, whatever becomes of those before; one that finds no free connection waits, and its time counts. */
export async function openLoop(options: LoadOptions & { perSecond: number }): Promise<Outcome> {
  const { connections, perSecond, seconds, request } = options
  /** Taken from the front, so that each has its turn and none is closed for being quiet. */
  const free = [...connections]
  let taken = 0
  const total = Math.round(perSecond * seconds)
  const stepMs = 1000 / perSecond
  const answers: Answer[] = []
  const startMs = performance.now()
  let sent = 0
  const send = () => {
    const nowMs = performance.now() - startMs
    while (sent < total && sent * stepMs <= nowMs) {
      const connection = free[taken]
      if (connection === undefined) return
      taken++
      const dueMs = sent * stepMs
      connection.ask(request(sent++), (status) => {
        answers.push({ dueMs, latencyMs: performance.now() - startMs - dueMs, status })
        if (status !== 0) free.push(connection)
      })
    }
  }
  const deadline = startMs + seconds * 1000 + endTimeoutMs
  while (answers.length < total && performance.now() < deadline) {
    send()
    await sleep(tickMs)
  }
  return new Outcome(answers, seconds)
}
