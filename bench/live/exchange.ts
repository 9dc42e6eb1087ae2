/** Asks and asks again: so many requests in flight on each of some connections, a new one for each answer. */
import { Connection, type Take } from './connection.ts'
import type { Gauge, Turn } from './turns.ts'

/** One way to ask, as bytes. */
export interface Speech {
  name: string
  /** What is asked, in turns. Of those in flight at a time none is another's equal. */
  requests(client: number): readonly Buffer[]
  /** Prepares a connection. */
  greet?(connection: Connection, client: number): Promise<void>
  /** Makes what finds answers; it calls back for each good one. It throws at any other. */
  listen(answered: () => void, connection: Connection): Take
}

export interface Exchange {
  speech: Speech
  port: number
  connections: number
  /** Requests in flight on each. */
  depth: number
  warmupSeconds: number
  seconds: number
  gauge: Gauge
}

/** Runs for its time and counts the answers; none is left out at the end. */
export async function exchange({ seconds, warmupSeconds, gauge, ...options }: Exchange): Promise<Turn> {
  const clients = await Promise.all(Array.from({ length: options.connections }, (_, index) => open(options, index)))
  for (const client of clients) client.ask(options.depth)
  await wait(warmupSeconds)
  const answered = () => clients.reduce((sum, client) => sum + client.answered, 0)
  const before = answered()
  const reading = gauge.begin()
  await wait(seconds)
  const turn = reading.end(answered() - before)
  await Promise.all(clients.map((client) => client.finish()))
  return turn
}

function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}

async function open({ speech, port }: Pick<Exchange, 'speech' | 'port'>, index: number): Promise<Client> {
  const connection = await new Connection({ port, index }).opened()
  await speech.greet?.(connection, index)
  return new Client(connection, speech, index)
}

class Client {
  answered = 0
  readonly #connection: Connection
  readonly #requests: readonly Buffer[]
  #next = 0
  #isEnding = false
  readonly #end = Promise.withResolvers<void>()

  constructor(connection: Connection, speech: Speech, index: number) {
    this.#connection = connection
    this.#requests = speech.requests(index)
    const listen = speech.listen(() => {
      this.answered += 1
    }, connection)
    connection.listen((bytes, end) => {
      const before = this.answered
      const taken = listen(bytes, end)
      this.#goOn(this.answered - before)
      return taken
    })
  }

  /** In one write, as many as there were answers in one read. */
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

  #goOn(answers: number): void {
    if (!this.#isEnding) this.ask(answers)
    else if (this.answered === this.#next) this.#end.resolve()
  }
}
