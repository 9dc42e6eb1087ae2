/** Scenarios with the servers in one other process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../../harness/server.ts'
import { ownCertificate } from './in-process.ts'
import type { Command, Report } from './run-child.ts'
import { Reports, type ScenarioHost, type ServedScenario } from './scenario.ts'

const commands = {
  node: [process.execPath],
  deno: [join(root, 'node_modules/.bin/deno'), 'run', '-A'],
} as const

export interface ChildHost extends ScenarioHost {
  process: ChildProcess
  /** Ends the process. */
  end(): Promise<void>
}

/** The lines `reported` of a server come from its scenario; `port`, `drained` and `closed` are its own. */
export function startChildHost(runtime: keyof typeof commands): ChildHost {
  const [command, ...before] = commands[runtime]
  const child = spawn(command, [...before, 'test/http1/serving/run-child.ts'], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const servers = new Map<number, { scenario: Reports; own: Reports; port: number }>()
  child.on('exit', (code) => {
    for (const { scenario, own } of servers.values()) {
      scenario.fail(new Error(`The server's process ended with ${code}.`))
      own.fail(new Error(`The server's process ended with ${code}.`))
    }
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, reported, port, drained, closed } = JSON.parse(line) as Report
    const server = servers.get(id)
    if (reported !== undefined) server?.scenario.add(reported)
    if (server !== undefined && port !== undefined) server.port = port
    if (port !== undefined) server?.own.add('port')
    if (drained) server?.own.add('drained')
    if (closed) server?.own.add('closed')
  })
  // A write to a process that has ended fails; its exit is handled above.
  child.stdin.on('error', () => {})
  const send = (command: Command) => child.stdin.write(`${JSON.stringify(command)}\n`)
  return {
    process: child,
    async start({ title }): Promise<ServedScenario> {
      if (child.exitCode !== null) throw new Error(`The server's process has ended with ${child.exitCode}.`)
      const id = servers.size
      const server = { scenario: new Reports(), own: new Reports(), port: 0 }
      servers.set(id, server)
      send({ id, serve: { title, tls: ownCertificate() } })
      await server.own.reportOf('port')
      const close = async (graceMs = 15_000) => {
        send({ id, close: { graceMs } })
        await server.own.reportOf('closed')
      }
      return {
        port: server.port,
        reportOf: (what) => server.scenario.reportOf(what),
        reported: () => server.scenario.reported(),
        drain: async () => {
          send({ id, drain: true })
          await server.own.reportOf('drained')
        },
        close,
        stop: () => close(0),
      }
    },
    async end() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
