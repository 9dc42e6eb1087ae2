/**
 * Time that a seed decides: while it is installed, timers wait for `run`, and of those that are due any
 * may go first. What else is asynchronous in the app goes through promises alone, so that a run depends on its seed
 * and on nothing else.
 */
import { createHash } from 'node:crypto'
import type { Random } from '../contracts/notifier-random.ts'

interface Task {
  dueMs: number
  everyMs: number | null
  call(): void
}

export interface VirtualTime {
  /** Milliseconds since it was installed. */
  readonly ms: number
  /** Waits until all ready promises have run. */
  settle(): Promise<void>
  /** Runs what is due within so many milliseconds. */
  run(forMs: number): Promise<void>
  /** Runs so many tasks at most of those that are due now, in any order. */
  runSome(tasksMax: number): Promise<void>
  /** Drops all timers, as the end of a process does. */
  clear(): void
  uninstall(): void
}

const realImmediate = setImmediate
const names = ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'] as const

class Handle implements Disposable {
  readonly task: Task
  readonly #tasks: Set<Task>
  constructor(task: Task, tasks: Set<Task>) {
    this.task = task
    this.#tasks = tasks
  }
  unref(): this {
    return this
  }
  ref(): this {
    return this
  }
  [Symbol.dispose](): void {
    this.#tasks.delete(this.task)
  }
}

export function installVirtualTime(random: Random): VirtualTime {
  const real = Object.fromEntries(names.map((name) => [name, globalThis[name]]))
  const realDigest = crypto.subtle.digest
  const tasks = new Set<Task>()
  let ms = 0

  function add(call: (...rest: unknown[]) => void, delayMs: number, repeats: boolean, rest: unknown[]): Handle {
    const everyMs = repeats ? Math.max(1, delayMs) : null
    const task: Task = { dueMs: ms + Math.max(0, delayMs), everyMs, call: () => call(...rest) }
    tasks.add(task)
    return new Handle(task, tasks)
  }

  const clear = (handle?: Handle) => void (handle && tasks.delete(handle.task))
  type Call = (...rest: unknown[]) => void
  Object.assign(globalThis, {
    setTimeout: (call: Call, delayMs = 0, ...rest: unknown[]) => add(call, delayMs, false, rest),
    setInterval: (call: Call, delayMs = 0, ...rest: unknown[]) => add(call, delayMs, true, rest),
    setImmediate: (call: Call, ...rest: unknown[]) => add(call, 0, false, rest),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  })
  const realNow = performance.now
  performance.now = () => ms
  // The real one answers from another thread, whenever that is done.
  crypto.subtle.digest = async (_, data) => {
    const { buffer, byteOffset, byteLength } = new Uint8Array(
      createHash('sha256')
        .update(data as Uint8Array)
        .digest(),
    )
    return buffer.slice(byteOffset, byteOffset + byteLength)
  }

  const settle = () => new Promise<void>((resolve) => realImmediate(resolve))

  /** Runs one of the tasks that are due by then, among the first of which chance decides. */
  async function runOne(untilMs: number): Promise<boolean> {
    let firstMs = Number.POSITIVE_INFINITY
    for (const { dueMs } of tasks) firstMs = Math.min(firstMs, dueMs)
    if (firstMs > untilMs) return false
    ms = Math.max(ms, firstMs)
    const task = random.pick([...tasks].filter(({ dueMs }) => dueMs <= ms))
    if (task.everyMs === null) tasks.delete(task)
    else task.dueMs = ms + task.everyMs
    task.call()
    await settle()
    return true
  }

  return {
    get ms() {
      return ms
    },
    settle,
    async run(forMs) {
      const untilMs = ms + forMs
      await settle()
      while (await runOne(untilMs));
      ms = untilMs
    },
    async runSome(tasksMax) {
      await settle()
      for (let n = 0; n < tasksMax && (await runOne(ms)); n += 1);
    },
    clear: () => tasks.clear(),
    uninstall() {
      Object.assign(globalThis, real)
      performance.now = realNow
      crypto.subtle.digest = realDigest
    },
  }
}
