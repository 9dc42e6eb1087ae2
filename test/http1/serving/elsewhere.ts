/** Scenarios with the servers in one other process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../../harness/server.ts'
import { ownCertificate } from './here.ts'
import type { Order, Report } from './process-host.ts'
import { Heard, type Served, type Theatre } from './scenario.ts'

const commands = {
  node: [process.execPath],
  deno: [join(root, 'node_modules/.bin/deno'), 'run', '-A'],
} as const

export interface Elsewhere extends Theatre {
  process: ChildProcess
  /** Ends the process. */
  end(): Promise<void>
}

/** Each server tells in lines `told`; its other reports are kept as `port`, `drained` and `closed`. */
export function startElsewhere(runtime: keyof typeof commands): Elsewhere {
  const [command, ...before] = commands[runtime]
  const child = spawn(command, [...before, 'test/http1/serving/process-host.ts'], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const heards = new Map<number, { told: Heard; reports: Heard; port: number }>()
  child.on('exit', (code) => {
    for (const { told, reports } of heards.values()) {
      told.fail(new Error(`The server's process ended with ${code}.`))
      reports.fail(new Error(`The server's process ended with ${code}.`))
    }
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, told, port, drained, closed } = JSON.parse(line) as Report
    const heard = heards.get(id)
    if (told !== undefined) heard?.told.hear(told)
    if (heard !== undefined && port !== undefined) heard.port = port
    if (port !== undefined) heard?.reports.hear('port')
    if (drained) heard?.reports.hear('drained')
    if (closed) heard?.reports.hear('closed')
  })
  // What is said to a process that has ended is told by its end.
  child.stdin.on('error', () => {})
  const order = (what: Order) => child.stdin.write(`${JSON.stringify(what)}\n`)
  return {
    process: child,
    async stage({ says }): Promise<Served> {
      if (child.exitCode !== null) throw new Error(`The server's process has ended with ${child.exitCode}.`)
      const id = heards.size
      const heard = { told: new Heard(), reports: new Heard(), port: 0 }
      heards.set(id, heard)
      order({ id, serve: { says, tls: ownCertificate() } })
      await heard.reports.told('port')
      const close = async (graceMs = 15_000) => {
        order({ id, close: { graceMs } })
        await heard.reports.told('closed')
      }
      return {
        port: heard.port,
        told: (what) => heard.told.told(what),
        toldSoFar: () => heard.told.toldSoFar(),
        drain: async () => {
          order({ id, drain: true })
          await heard.reports.told('drained')
        },
        close,
        strike: () => close(0),
      }
    },
    async end() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
