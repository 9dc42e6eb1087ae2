/** A server process pinned to a core, and its cost. Linux only: it reads /proc. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../', import.meta.url))
/** Clock ticks of /proc (USER_HZ): 100 a second on every Linux that Node runs on. */
const ticksPerSecond = 100
const startTimeoutMs = 60_000
const pollMs = 2
const quietSampleMs = 100
const quietTimeoutMs = 60_000
/** Length of the output that is shown when a server fails. */
const outputCharsMax = 4000

export interface ServerOptions {
  /** The program, where that is not this Node. */
  command?: string
  /** Command line arguments after the program. */
  args: readonly string[]
  env?: Record<string, string>
  /** The folder for its data and for `output.txt`, its standard output and standard error. */
  folder: string
  core: number
  /** Its working directory, where that is not the repository. */
  cwd?: string
  /** A path that responds as soon as the server is ready. */
  readyPath: string
}

export interface Server {
  origin: string
  pid: number
  /** User and system time of all its threads so far. */
  cpuSeconds(): number
  rssMiB(): number
  /** Waits until it has nothing left to do. */
  quiet(): Promise<void>
  pause(): void
  resume(): void
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()

/** Ends every server that was started here, as does the end of this process, however it comes about. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(kill))
}

async function kill(child: ChildProcess): Promise<void> {
  if (!running.delete(child)) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

/** Starts a server and waits for its first response. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { command = process.execPath, args, env = {}, folder, core, cwd = root, readyPath } = options
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const output = openSync(join(folder, 'output.txt'), 'a')
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    cwd,
    stdio: ['ignore', output, output],
    env: { ...process.env, NODE_ENV: 'production', PORT: String(port), DATA_DIR: folder, ...env },
  })
  closeSync(output)
  running.add(child)
  child.once('exit', () => running.delete(child))
  const origin = `http://127.0.0.1:${port}`
  await firstResponse(child, origin + readyPath, folder)
  return handleOf(child, origin, folder)
}

function handleOf(child: ChildProcess, origin: string, folder: string): Server {
  const pid = child.pid as number
  const server: Server = {
    origin,
    pid,
    cpuSeconds() {
      assertRuns(child, folder)
      return cpuSeconds(pid)
    },
    rssMiB() {
      assertRuns(child, folder)
      return rssMiB(pid)
    },
    quiet: () => quiet(server),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    stop: () => kill(child),
  }
  return server
}

async function firstResponse(child: ChildProcess, url: string, folder: string): Promise<void> {
  const deadline = performance.now() + startTimeoutMs
  while (!(await isReady(url))) {
    assertRuns(child, folder)
    if (performance.now() > deadline) throw new Error(`The server does not respond at ${url}:\n${lastOutput(folder)}`)
    await sleep(pollMs)
  }
}

function assertRuns({ exitCode, signalCode }: ChildProcess, folder: string): void {
  if (exitCode === null && signalCode === null) return
  throw new Error(`The server ended with ${exitCode ?? signalCode}:\n${lastOutput(folder)}`)
}

function lastOutput(folder: string): string {
  return readFileSync(join(folder, 'output.txt'), 'utf8').slice(-outputCharsMax)
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url)
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in parentheses may hold spaces; utime and stime are the 14th and 15th field (proc(5)).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

function rssMiB(pid: number): number {
  const kiB = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kiB) / 1024
}

async function quiet(server: Server): Promise<void> {
  const deadline = performance.now() + quietTimeoutMs
  for (let last = -1, now = server.cpuSeconds(); now - last > 1 / ticksPerSecond; ) {
    if (performance.now() > deadline) throw new Error('The server does not come to rest.')
    await sleep(quietSampleMs)
    last = now
    now = server.cpuSeconds()
  }
}

/** Which cores there are to pin to: the server's and the client's. @throws Error on a machine with one */
export function twoCores(): { serverCore: number; clientCore: number } {
  const cores = readdirSync('/sys/devices/system/cpu').filter((name) => /^cpu\d+$/.test(name)).length
  if (cores < 2) throw new Error('Server and client need a core each; this machine has one.')
  return { serverCore: 0, clientCore: 1 }
}
