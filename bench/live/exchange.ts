/** Closed-loop load: a fixed number of requests in flight on each connection, a new one for each response. */
import { Connection, type Take } from './connection.ts'
import type { Gauge, Sample } from './samples.ts'

/** Requests and responses of one protocol, as bytes. */
export interface WireProtocol {
  name: string
  /** The requests, sent in rotation. Requests in flight at the same time differ from each other. */
  requests(client: number): readonly Buffer[]
  /** Prepares a connection. */
  prepare?(connection: Connection, client: number): Promise<void>
  /** Returns a parser that calls `answered` for each expected response and throws at any other. */
  listen(answered: () => void, connection: Connection): Take
}

export interface Exchange {
  protocol: WireProtocol
  port: number
  connections: number
  /** Requests in flight on each. */
  depth: number
  warmupSeconds: number
  seconds: number
  gauge: Gauge
}

/** Counts the responses within the time, then waits for the ones still in flight. */
export async function exchange({ seconds, warmupSeconds, gauge, ...options }: Exchange): Promise<Sample> {
  const clients = await Promise.all(Array.from({ length: options.connections }, (_, index) => open(options, index)))
  for (const client of clients) client.ask(options.depth)
  await wait(warmupSeconds)
  const answered = () => clients.reduce((sum, client) => sum + client.answered, 0)
  const before = answered()
  const reading = gauge.begin()
  await wait(seconds)
  const sample = reading.end(answered() - before)
  await Promise.all(clients.map((client) => client.finish()))
  return sample
}

function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}

async function open({ protocol, port }: Pick<Exchange, 'protocol' | 'port'>, index: number): Promise<Client> {
  const connection = await new Connection({ port, index }).opened()
  await protocol.prepare?.(connection, index)
  return new Client(connection, protocol, index)
}

class Client {
  answered = 0
  readonly #connection: Connection
  readonly #requests: readonly Buffer[]
  #next = 0
  #isEnding = false
  readonly #end = Promise.withResolvers<void>()

  constructor(connection: Connection, protocol: WireProtocol, index: number) {
    this.#connection = connection
    this.#requests = protocol.requests(index)
    const listen = protocol.listen(() => {
      this.answered += 1
    }, connection)
    connection.listen((bytes, end) => {
      const before = this.answered
      const taken = listen(bytes, end)
      this.#goOn(this.answered - before)
      return taken
    })
  }

  /** Sends this many requests in one write. */
  ask(count: number): void {
    const requests = this.#requests
    if (count === 1) this.#connection.write(requests[this.#next++ % requests.length] as Buffer)
    else if (count > 1) {
      const batch = Array.from({ length: count }, () => requests[this.#next++ % requests.length] as Buffer)
      this.#connection.write(Buffer.concat(batch))
    }
  }

  async finish(): Promise<void> {
    this.#isEnding = true
    this.#goOn(0)
    await this.#end.promise
    this.#connection.close()
  }

  #goOn(responses: number): void {
    if (!this.#isEnding) this.ask(responses)
    else if (this.answered === this.#next) this.#end.resolve()
  }
}
