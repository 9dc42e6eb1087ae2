/** One of many clients in a process. Its random numbers decide its actions. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../fuzz/random.ts'
import type { PhaseResult, Ports } from './commands.ts'
import { type Asked, bytesOf } from './requests.ts'
import { type Pace, type ParsedResponse, ResponseReader } from './response-reader.ts'
import { BrokenError, Wire, type WireOptions } from './wire.ts'

export interface Scenario {
  name: string
  /** How often it is played, against the others. */
  weight: number
  play(user: User): Promise<void>
}

export interface UserOptions {
  random: Random
  phase: number
  seed: number
  ports: Ports
  result: Tally
  nextNumber(): number
}

export interface Tally extends PhaseResult {
  findings: PhaseResult['findings'][number][]
}

/** How a request is sent: in its own parts, or cut at so many places; and so many milliseconds at most between the parts. */
export interface SendOptions {
  cuts?: number
  waitMs?: number
}

export interface Line {
  wire: Wire
  reader: ResponseReader
}

/** Far longer than any of them takes. */
const scenarioMsMax = 90_000

export class User {
  readonly random: Random
  readonly ports: Ports
  readonly nextNumber: () => number
  readonly #options: UserOptions
  #leaving: (() => void)[] = []

  constructor(options: UserOptions) {
    this.#options = options
    this.random = options.random
    this.ports = options.ports
    this.nextNumber = options.nextNumber
  }

  async play(scenario: Scenario): Promise<void> {
    const { played } = this.#options.result
    played[scenario.name] = (played[scenario.name] ?? 0) + 1
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new BrokenError('it never ends')), scenarioMsMax)
    try {
      await Promise.race([scenario.play(this), late.promise])
    } catch (error) {
      this.find(scenario.name, error instanceof BrokenError ? error.message : String((error as Error).stack))
    } finally {
      clearTimeout(timer)
      for (const leave of this.#leaving) leave()
      this.#leaving = []
    }
  }

  find(where: string, what: string): void {
    const { phase, seed, result } = this.#options
    result.findings.push({ phase, seed, where, what })
  }

  note(what: string): void {
    const { noted } = this.#options.result
    noted[what] = (noted[what] ?? 0) + 1
  }

  /** Connects, now and then with TLS. It is closed when the scenario is over. */
  async open(options: Partial<WireOptions> = {}): Promise<Line> {
    const isSecure = options.port === undefined && this.random.below(5) === 0
    const port = isSecure ? this.ports.secure : this.ports.plain
    const wire = await Wire.open({ port, isSecure, ...options })
    this.onLeave(() => this.leave(wire))
    return { wire, reader: new ResponseReader(wire) }
  }

  /** Adds cleanup that runs when the scenario ends, however it ends. */
  onLeave(leave: () => void): void {
    this.#leaving.push(leave)
  }

  /** Breaks off in one of the ways there are. */
  leave(wire: Wire): void {
    if (this.random.below(2) === 0) wire.reset()
    else wire.close()
  }

  /**
   * Sends a request and takes its response, which may come before all is sent.
   * @throws BrokenError when there is none, or a wrong one
   */
  async exchange(
    { wire, reader }: Line,
    asked: Asked,
    options: SendOptions = {},
    pace: Pace | null = null,
  ): Promise<ParsedResponse> {
    let isOver = false
    const sent = this.send(wire, this.#parts(asked, options), options, () => isOver)
    const response = await this.response(reader, asked, pace)
    isOver = response.isLast
    await sent
    return response
  }

  /** @throws BrokenError when there is none, or a wrong one */
  async response(reader: ResponseReader, asked: Asked, pace: Pace | null = null): Promise<ParsedResponse> {
    const { result } = this.#options
    result.asked += 1
    const response = await reader.next(asked.method, pace).catch((error: Error): never => {
      throw new BrokenError(`no response to ${JSON.stringify(asked.head.slice(0, 200))}: ${error.message}`)
    })
    const fault = asked.fault(response)
    if (fault !== null) throw new BrokenError(fault)
    result.answered += 1
    return response
  }

  /** Resolves when all is sent, nothing more can be, or it is enough. */
  async send(wire: Wire, parts: Iterable<string | Uint8Array>, { waitMs = 0 }: SendOptions, isEnough = () => false) {
    for (const part of parts) {
      if (isEnough() || !(await wire.send(part))) return
      if (waitMs > 0) await pause(this.random.below(waitMs + 1))
    }
  }

  /** Takes what comes up to so many bytes, or up to the end. */
  async readSome(wire: Wire, bytes: number): Promise<void> {
    try {
      for (let left = bytes; left > 0; ) {
        const part = await wire.read()
        if (part === null) return
        left -= part.length
      }
    } catch {}
  }

  /** Cuts bytes at so many places. */
  *cut(bytes: Buffer, cuts: number): Generator<Buffer> {
    const cutsAt = Array.from({ length: cuts }, () => this.random.below(bytes.length + 1)).toSorted((a, b) => a - b)
    let at = 0
    for (const end of [...cutsAt, bytes.length]) {
      if (end > at) yield bytes.subarray(at, end)
      at = end
    }
  }

  *#parts(asked: Asked, { cuts }: SendOptions): Generator<string | Uint8Array> {
    if (cuts !== undefined) {
      yield* this.cut(bytesOf(asked), cuts)
      return
    }
    yield asked.head
    yield* asked.body()
  }
}
