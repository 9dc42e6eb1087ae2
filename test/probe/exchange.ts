/**
 * One case over one raw connection. Waits for events; a time only sets how long silence has to last to count as
 * silence, and the time-out of a server that neither responds nor closes.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { type Case, fromHost, type Outcome } from './cases/case.ts'
import { type ParsedResponse, type Reading, readResponses } from './responses.ts'

export interface Target {
  host: string
  port: number
  /** The value of Host in requests. */
  authority: string
  quietMs: number
  timeoutMs: number
}

export interface Seen {
  responses: readonly ParsedResponse[]
  /** `next`: a plain request that followed was served, so the connection is open and in step. */
  end: 'closed' | 'next' | 'open'
  problem: string | null
  /** A write failed, so the last bytes of the server may have been lost on this side. */
  cut: boolean
}

const plainRequest = `GET / HTTP/1.1\r\n${fromHost}Connection: close\r\n\r\n`

export async function exchange(probed: Case, target: Target): Promise<Seen> {
  const wire = new Wire(target, probed.heads)
  try {
    await wire.connected()
    return await play(probed, target, wire)
  } finally {
    wire.destroy()
  }
}

async function play(probed: Case, { quietMs, timeoutMs }: Target, wire: Wire): Promise<Seen> {
  const sent = send(probed, wire, quietMs, timeoutMs)
  await wire.until(() => isDecided(wire.reading.responses, probed.outcomes), timeoutMs)
  await sent
  const afters = new Set(fitting(wire.reading.responses, probed.outcomes).map(({ after }) => after))
  if (afters.size === 1 && afters.has('closed')) await wire.until(() => false, timeoutMs)
  else if (!(afters.size === 1 && afters.has('open'))) await wire.until(() => false, quietMs)
  const mayBeOpen = afters.has('open') || afters.has('either')
  if (mayBeOpen && !wire.ended) return askOnce(wire, quietMs, timeoutMs)
  const { responses, problem } = wire.reading
  return { responses, problem, end: wire.ended ? 'closed' : 'open', cut: wire.cut }
}

/** Returns whether no accepted outcome waits for a further response. */
function isDecided(responses: readonly ParsedResponse[], outcomes: readonly Outcome[]): boolean {
  return fitting(responses, outcomes).every((outcome) => outcome.responses.length <= responses.length)
}

/** The outcomes that the responses so far can still become; when there are enough answers, have become. */
function fitting(responses: readonly ParsedResponse[], outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.filter(
    (outcome) =>
      outcome.responses.length >= responses.length &&
      responses.every(({ status }, index) => outcome.responses[index]?.statuses.includes(status)),
  )
}

async function send({ send: parts, how }: Case, wire: Wire, quietMs: number, timeoutMs: number): Promise<void> {
  const [first = '', second] = parts
  if (how === 'bytewise') return wire.writeBytewise(first)
  if (how === 'half-close') return wire.end(first)
  if (how !== 'reads-late') wire.read()
  await wire.write(first)
  wire.read()
  if (second === undefined) return
  const heard = () => wire.reading.responses.length + wire.reading.interim.length > 0
  await wire.until(heard, how === 'after-pause' ? quietMs : timeoutMs)
  await wire.write(second)
}

/** A plain request tests whether the connection is open, and closes it: no further response can follow. */
async function askOnce(wire: Wire, quietMs: number, timeoutMs: number): Promise<Seen> {
  const before = wire.reading.responses.length
  await wire.write(plainRequest)
  await wire.until(() => wire.reading.responses.length > before, timeoutMs)
  await wire.until(() => false, quietMs)
  const { responses, problem } = wire.reading
  const { cut } = wire
  if (responses.length === before) return { responses, problem, end: wire.ended ? 'closed' : 'open', cut }
  const status = responses.at(-1)?.status
  const wrong = status === 200 ? null : `a plain request that followed got ${status}`
  return { responses: responses.slice(0, -1), problem: problem ?? wrong, end: 'next', cut }
}

class Wire {
  readonly #socket: Socket
  readonly #authority: string
  readonly #heads: readonly number[]
  #bytes = ''
  readonly #waiting = new Set<() => void>()
  /** The server has closed, in order or by reset. */
  ended = false
  /** A write failed: Node then drops what it has not read yet. */
  cut = false
  reading: Reading = { responses: [], interim: [], problem: null }

  constructor({ host, port, authority }: Target, heads: readonly number[]) {
    this.#authority = authority
    this.#heads = heads
    this.#socket = connect({ host, port, noDelay: true, allowHalfOpen: true })
    this.#socket.on('end', () => this.#end())
    this.#socket.on('close', () => this.#end())
  }

  /** @throws the system's error when no server listens */
  async connected(): Promise<void> {
    await once(this.#socket, 'connect')
    // A reset is a way to close; 'close' follows it.
    this.#socket.on('error', () => {
      this.cut = true
    })
  }

  read(): void {
    if (this.#socket.listenerCount('data') > 0) return
    this.#socket.on('data', (chunk) => {
      this.#bytes += chunk.toString('latin1')
      this.#update()
    })
  }

  #end(): void {
    this.ended = true
    this.#update()
  }

  #update(): void {
    this.reading = readResponses(this.#bytes, this.#heads, this.ended)
    for (const check of this.#waiting) check()
  }

  /** Resolves when it holds, when the server has closed, or when the time is over. */
  until(holds: () => boolean, timeMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(check)
        resolve()
      }
      const timer = setTimeout(done, timeMs)
      const check = () => {
        if (this.ended || holds()) done()
      }
      this.#waiting.add(check)
      check()
    })
  }

  #encode(text: string): Buffer {
    return Buffer.from(text.replaceAll('{host}', this.#authority), 'latin1')
  }

  /** Resolves when the system has taken it all, or will take no more. */
  async write(text: string): Promise<void> {
    await this.#writeBytes(this.#encode(text))
  }

  #writeBytes(bytes: Uint8Array): Promise<void> {
    if (!this.#socket.writable) return Promise.resolve()
    return new Promise((resolve) => {
      this.#socket.once('close', resolve)
      this.#socket.write(bytes, () => {
        this.#socket.off('close', resolve)
        resolve()
      })
    })
  }

  async writeBytewise(text: string): Promise<void> {
    this.read()
    const bytes = this.#encode(text)
    for (let at = 0; at < bytes.length && !this.ended; at++) {
      await this.#writeBytes(bytes.subarray(at, at + 1))
      // Lets the server read this byte before the next one, and this process see an early response.
      await turn()
    }
  }

  end(text: string): void {
    this.read()
    this.#socket.end(this.#encode(text))
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
