/**
 * A scenario is a handler on a server of its own and what a client lives through with it. It is data, so that the same
 * one runs with the server in this process, in another one, and on Deno.
 */
import type { FetchHandler, Limits, ServeOptions } from '../../../adapters/tcp/serve.ts'
import type { Wire, WireOptions } from './wire.ts'

/** Tells the client's side of a scenario what has happened on the server's. */
export type Tell = (what: string) => void

export interface Scenario {
  /** A sentence that begins with a verb: what the server does. */
  says: string
  limits?: Partial<Limits>
  isSecure?: boolean
  hostname?: string
  handler(tell: Tell): FetchHandler
  upgrade?: ServeOptions['upgrade']
  /** Throws when something is not as it should be. */
  run(stage: Stage): Promise<void>
}

/** Where a scenario takes place. */
export interface Stage {
  port: number
  /** The connections are closed after the scenario. */
  open(options?: Omit<WireOptions, 'port'>): Promise<Wire>
  /** Resolves as soon as the server's side has told this. */
  told(what: string): Promise<void>
  toldSoFar(): readonly string[]
  drain(): Promise<void>
  close(graceMs?: number): Promise<void>
}

export interface Theatre {
  stage(scenario: Scenario): Promise<Served>
}

export interface Served extends Omit<Stage, 'open'> {
  /** Ends the server, whatever is in flight. */
  strike(): Promise<void>
}

/** Plays a scenario, and leaves no connection behind. */
export async function play(
  scenario: Scenario,
  theatre: Theatre,
  open: (o: WireOptions) => Promise<Wire>,
): Promise<void> {
  const served = await theatre.stage(scenario)
  const wires: Wire[] = []
  const { isSecure = false, hostname } = scenario
  const openHere: Stage['open'] = async (options) => {
    const at = { port: served.port, isSecure, ...(hostname === undefined ? {} : { host: hostname }) }
    const wire = await open({ ...at, ...options })
    wires.push(wire)
    return wire
  }
  try {
    await scenario.run({ ...served, open: openHere })
  } finally {
    for (const wire of wires) wire.socket.destroy()
    await served.strike()
  }
}

/** What has been told, for whoever waits for it. */
export class Heard {
  readonly #all: string[] = []
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>()

  hear(what: string): void {
    this.#all.push(what)
    this.#expected(what).resolve()
  }

  told(what: string): Promise<void> {
    return this.#expected(what).promise
  }

  toldSoFar(): readonly string[] {
    return [...this.#all]
  }

  /** Who still waits will wait in vain. */
  fail(reason: Error): void {
    for (const { promise, reject } of this.#waiting.values()) {
      promise.catch(() => {})
      reject(reason)
    }
  }

  #expected(what: string): PromiseWithResolvers<void> {
    const known = this.#waiting.get(what) ?? Promise.withResolvers<void>()
    this.#waiting.set(what, known)
    return known
  }
}
