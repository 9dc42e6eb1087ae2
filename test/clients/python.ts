import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { root } from '../harness/server.ts'

export const forms = ['text', 'binary'] as const
export type Form = (typeof forms)[number]

export type Line = Record<string, unknown>

/** A Python program that answers with lines of JSON. */
export interface Python {
  next(): Promise<Line>
  take(count: number): Promise<Line[]>
  /** Resolves once its standard error has the words this many times. */
  printed(words: string, times?: number): Promise<void>
  /** Standard error so far. */
  errors(): string
}

export interface Driven extends Python {
  act(action: string, params?: Line): void
}

/** Prints the events of a topic; ends with the test. */
export function watch(port: number, topic: string, form: Form, after?: { epoch: string; offset: number }): Python {
  const more = after ? ['--after', `${after.epoch}:${after.offset}`] : []
  if (form === 'binary') more.push('--binary')
  return run(['examples/python/watch.py', '127.0.0.1', String(port), topic, ...more])
}

/** Runs actions one after the other; ends with the test. */
export function drive(port: number, form: Form, certificate?: string): Driven {
  const tls = certificate === undefined ? [] : [certificate]
  const child = start(['test/clients/driver.py', String(port), form, ...tls])
  return { ...listen(child), act: (action, params = {}) => child.stdin?.write(`${JSON.stringify([action, params])}\n`) }
}

function run(args: string[]): Python {
  return listen(start(args))
}

function start(args: string[]): ChildProcess {
  const child = spawn('python3', ['-u', '-B', ...args], { cwd: root })
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return child
}

function listen(child: ChildProcess): Python {
  if (!child.stdout || !child.stderr) throw new Error('Python was spawned without pipes.')
  const { stderr } = child
  let errors = ''
  stderr.on('data', (chunk) => {
    errors += String(chunk)
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  async function next(): Promise<Line> {
    const { value, done } = await lines.next()
    if (done) throw new Error(`Python ended:\n${errors}`)
    return JSON.parse(value) as Line
  }
  return {
    next,
    async take(count) {
      const taken: Line[] = []
      while (taken.length < count) taken.push(await next())
      return taken
    },
    printed: (words, times = 1) =>
      new Promise((resolve, reject) => {
        const check = () => errors.split(words).length > times && resolve()
        stderr.on('data', check)
        stderr.on('end', () => reject(new Error(`Python ended:\n${errors}`)))
        check()
      }),
    errors: () => errors,
  }
}
