import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { root } from '../harness/server.ts'

/** A command in a terminal of its own, as a person starts one. */
export interface Terminal {
  /** What the screen shows, so far. */
  screen(): string
  /** Resolves once the screen shows it. @throws when the command ends before that */
  shows(pattern: RegExp): Promise<RegExpExecArray>
  type(keys: string): void
  /** Sends a signal to every process that the terminal started, as service managers do. */
  signalAll(signal: NodeJS.Signals): Promise<void>
  /** Resolves with the exit code of the command. */
  exited: Promise<number>
}

const program = fileURLToPath(new URL('terminal.py', import.meta.url))

/** Starts commands in terminals, which end with the test file. Call it at the top level. */
export function terminals(): (command: readonly string[], env: Record<string, string>) => Terminal {
  const started: ChildProcess[] = []
  afterAll(() => {
    for (const child of started) child.kill('SIGKILL')
  })
  return (command, env) => {
    const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter)
    const child = spawn('python3', [program, ...command], { cwd: root, env: { ...process.env, PATH: path, ...env } })
    started.push(child)
    let screen = ''
    const changed = new EventTarget()
    child.stdout.on('data', (chunk) => {
      screen += String(chunk)
      changed.dispatchEvent(new Event('change'))
    })
    child.stderr.pipe(process.stderr)
    const exited = once(child, 'close').then(([code]) => code as number)
    return {
      exited,
      screen: () => screen,
      type: (keys) => void child.stdin.write(keys),
      async shows(pattern) {
        for (;;) {
          const found = pattern.exec(screen)
          if (found) return found
          const change = new Promise((resolve) => changed.addEventListener('change', resolve, { once: true }))
          const code = await Promise.race([change, exited])
          if (typeof code === 'number') throw new Error(`The command ended with ${code}:\n${screen}`)
        }
      },
      async signalAll(signal) {
        // The one process below is the leader of the terminal's session and its group.
        const pids = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
        for (const pid of pids.trim().split(' ')) process.kill(-Number(pid), signal)
      },
    }
  }
}
