/**
 * A scenario is a handler on a server of its own and the checks of a client. It is data, so that the same
 * one runs with the server in this process, in another one, and on Deno.
 */
import type { FetchHandler, Limits, ServeOptions } from '../../../adapters/tcp/serve.ts'
import type { Wire, WireOptions } from './wire.ts'

/** Reports an event on the server's side of a scenario to its client's side. */
export type Report = (what: string) => void

export interface Scenario {
  /** The behaviour of the server, as a sentence that begins with a verb. */
  title: string
  limits?: Partial<Limits>
  isSecure?: boolean
  hostname?: string
  handler(report: Report): FetchHandler
  upgrade?: ServeOptions['upgrade']
  /** Throws when a check fails. */
  run(context: ScenarioContext): Promise<void>
}

/** The server of a scenario, as its client sees it. */
export interface ScenarioContext {
  port: number
  /** The connections are closed after the scenario. */
  open(options?: Omit<WireOptions, 'port'>): Promise<Wire>
  /** Resolves as soon as the server's side has reported this. */
  reportOf(what: string): Promise<void>
  reported(): readonly string[]
  drain(): Promise<void>
  close(graceMs?: number): Promise<void>
}

export interface ScenarioHost {
  start(scenario: Scenario): Promise<ServedScenario>
}

export interface ServedScenario extends Omit<ScenarioContext, 'open'> {
  /** Ends the server, whatever is in flight. */
  stop(): Promise<void>
}

/** Runs a scenario, and leaves no connection behind. */
export async function runScenario(
  scenario: Scenario,
  host: ScenarioHost,
  open: (o: WireOptions) => Promise<Wire>,
): Promise<void> {
  const served = await host.start(scenario)
  const wires: Wire[] = []
  const { isSecure = false, hostname } = scenario
  const openHere: ScenarioContext['open'] = async (options) => {
    const at = { port: served.port, isSecure, ...(hostname === undefined ? {} : { host: hostname }) }
    const wire = await open({ ...at, ...options })
    wires.push(wire)
    return wire
  }
  try {
    await scenario.run({ ...served, open: openHere })
  } finally {
    for (const wire of wires) wire.socket.destroy()
    await served.stop()
  }
}

/** Queues reports in order, and resolves waiting readers. */
export class Reports {
  readonly #all: string[] = []
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>()

  add(what: string): void {
    this.#all.push(what)
    this.#expected(what).resolve()
  }

  reportOf(what: string): Promise<void> {
    return this.#expected(what).promise
  }

  reported(): readonly string[] {
    return [...this.#all]
  }

  /** Rejects everything that still waits. */
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
