/** A process of the run that takes orders, seen from the one that gives them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const root = join(import.meta.dirname, '..')

interface Line {
  id?: number
  result?: unknown
  ready?: unknown
  complaint?: string
}

const commands = {
  node: [process.execPath, '--expose-gc', '--disable-warning=ExperimentalWarning'],
  deno: [join(root, 'node_modules/.bin/deno'), 'run', '--no-prompt', '-A', '--v8-flags=--expose-gc'],
} as const

export type Runtime = keyof typeof commands

export class Worker {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #ready = Promise.withResolvers<unknown>()
  readonly #exited: Promise<unknown>
  readonly #onComplaint: (what: string) => void
  #lastId = 0
  #isEnding = false
  #error: Error | null = null

  /** `onComplaint` gets every fault of the process, its end included. */
  constructor(runtime: Runtime, file: string, args: readonly string[], onComplaint: (what: string) => void) {
    const [command, ...before] = commands[runtime]
    this.#onComplaint = onComplaint
    this.#child = spawn(command, [...before, join('soak', file), ...args], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line))
    }
    this.#child.stdin?.on('error', () => {})
    this.#exited = once(this.#child, 'exit')
    void this.#exited.then((exit) => this.#over(exit as [number | null, string | null]))
    this.#ready.promise.catch(() => {})
  }

  /** The first message of the process. */
  ready<T>(): Promise<T> {
    return this.#ready.promise as Promise<T>
  }

  /**
   * Resolves with the result of an order.
   * @throws Error when the process ends before
   */
  ask<T>(order: object): Promise<T> {
    if (this.#error !== null) return Promise.reject(this.#error)
    const response = Promise.withResolvers<unknown>()
    const id = ++this.#lastId
    this.#waiting.set(id, response)
    this.#child.stdin?.write(`${JSON.stringify({ ...order, id })}\n`)
    return response.promise as Promise<T>
  }

  /** Workers end with their standard input. */
  async end(): Promise<void> {
    this.#isEnding = true
    this.#child.stdin?.end()
    await this.#exited
  }

  #hear(line: string): void {
    const { id, result, ready, complaint } = JSON.parse(line) as Line
    if (complaint !== undefined) this.#onComplaint(complaint)
    if (ready !== undefined) this.#ready.resolve(ready)
    if (id !== undefined) this.#waiting.get(id)?.resolve(result)
    if (id !== undefined) this.#waiting.delete(id)
  }

  #over([code, signal]: [number | null, string | null]): void {
    const error = new Error(`The process ended with ${code ?? signal}.`)
    if (!this.#isEnding) this.#onComplaint(error.message)
    this.#error = error
    this.#ready.reject(error)
    for (const { reject } of this.#waiting.values()) reject(error)
  }
}
