/** Load in a closed loop, where the next request waits for a response, and in an open one, where nothing waits. */
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../figures.ts'
import { Connection } from './connection.ts'

export interface ResponseTiming {
  /** When the request was due, in milliseconds since the load began. */
  dueMs: number
  /** From then to its response. */
  latencyMs: number
  status: number
}

/** The responses to a load. */
export class Outcome {
  readonly responses: readonly ResponseTiming[]
  readonly seconds: number

  constructor(responses: readonly ResponseTiming[], seconds: number) {
    this.responses = responses
    this.seconds = seconds
  }

  get #good(): readonly ResponseTiming[] {
    return this.responses.filter(({ status }) => status >= 200 && status < 300)
  }

  /** Responses of 2xx a second. */
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
    return this.responses.filter((response) => response.status === status).length
  }

  get failed(): number {
    return this.responses.filter(({ status }) => status === 0 || status === 500).length
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
  const responses: ResponseTiming[] = []
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
      responses.push({ dueMs, latencyMs: performance.now() - startMs - dueMs, status })
      if (status === 0) done()
      else go(connection, done)
    })
  }
  await Promise.all(connections.map((connection) => new Promise<void>((done) => go(connection, done))))
  return new Outcome(responses, seconds)
}

/** Requests at a steady rate, whatever becomes of those before; one that finds no free connection waits, and its time counts. */
export async function openLoop(options: LoadOptions & { perSecond: number }): Promise<Outcome> {
  const { connections, perSecond, seconds, request } = options
  /** Taken from the front, so that no connection is idle for long enough to be closed. */
  const free = [...connections]
  let taken = 0
  const total = Math.round(perSecond * seconds)
  const stepMs = 1000 / perSecond
  const responses: ResponseTiming[] = []
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
        responses.push({ dueMs, latencyMs: performance.now() - startMs - dueMs, status })
        if (status !== 0) free.push(connection)
      })
    }
  }
  const deadline = startMs + seconds * 1000 + endTimeoutMs
  while (responses.length < total && performance.now() < deadline) {
    send()
    await sleep(tickMs)
  }
  return new Outcome(responses, seconds)
}
