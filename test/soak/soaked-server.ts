/** The server of a run as seen from outside: its resources, and whether it releases them. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Counts, Memory, Ports, Ready } from './commands.ts'
import { countSockets } from './open-sockets.ts'
import { type Runtime, Worker } from './worker.ts'

/** Longer than any limit of the server, and than a client takes to go. */
const quietMsMax = 20_000
const closeMsMax = 5_000
const lookMs = 50

export interface Quiet extends Memory {
  /** The time until the last connection closed. */
  afterMs: number
  sockets: number
  /** Resources left that did not exist before the first phase. */
  leaks: readonly string[]
}

export class SoakedServer {
  readonly ports: Ports
  readonly #worker: Worker
  readonly #pid: number
  /** Before any traffic; then the most that was ever left, so that a leak is reported once. */
  readonly #most: Counts

  constructor(worker: Worker, { pid, ports }: Ready, before: Counts) {
    this.#worker = worker
    this.#pid = pid
    this.ports = ports
    this.#most = before
  }

  static async start(runtime: Runtime, onComplaint: (what: string) => void): Promise<SoakedServer> {
    const worker = new Worker(runtime, 'server.ts', [], onComplaint)
    const ready = await worker.ready<Ready>()
    const before = await worker.ask<Memory>({ do: 'measure' })
    return new SoakedServer(worker, ready, counts(before, countSockets(ready.pid)))
  }

  /** Waits until nothing is in flight, collects the garbage, and returns the rest. */
  async quiet(): Promise<Quiet> {
    const beganMs = performance.now()
    let inFlight = await this.#inFlight()
    while (Object.keys(inFlight).length > 0 && performance.now() - beganMs < quietMsMax) {
      await pause(lookMs)
      inFlight = await this.#inFlight()
    }
    const afterMs = performance.now() - beganMs
    const memory = await this.#worker.ask<Memory>({ do: 'measure' })
    const sockets = countSockets(this.#pid)
    const left = { ...(await this.#worker.ask<Counts>({ do: 'status' })), ...counts(memory, sockets) }
    return { ...memory, afterMs, sockets, leaks: this.#leaks(left) }
  }

  /** Resolves with false when the server can't close though it has nothing to do. */
  async close(): Promise<boolean> {
    const closed = this.#worker.ask({ do: 'close' }).then(() => true)
    const isClosed = await Promise.race([closed, pause(closeMsMax).then(() => false)])
    await this.#worker.end()
    return isClosed
  }

  end(): Promise<void> {
    return this.#worker.end()
  }

  async #inFlight(): Promise<Counts> {
    const status = await this.#worker.ask<Counts>({ do: 'status' })
    return this.#beyond({ ...status, sockets: countSockets(this.#pid) })
  }

  #beyond(now: Counts): Counts {
    const more = Object.entries(now).filter(([name, count]) => count > (this.#most[name] ?? 0))
    return Object.fromEntries(more)
  }

  #leaks(left: Counts): string[] {
    return Object.entries(this.#beyond(left)).map(([name, count]) => {
      const before = this.#most[name] ?? 0
      this.#most[name] = count
      return `${count - before} more ${name} left: ${count}`
    })
  }
}

function counts({ objects, resources }: Memory, sockets: number): Counts {
  const named = Object.entries(objects).map(([name, count]) => [`${name} objects`, count])
  return { ...resources, ...Object.fromEntries(named), sockets }
}
