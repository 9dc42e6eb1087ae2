/** A server's memory after garbage collection, reported by memory-signal.ts inside the server. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '../server.ts'

const timeoutMs = 30_000
const pollMs = 10

/** In bytes. */
export interface Memory {
  rss: number
  heapUsed: number
}

/** Waits until the server is at rest, and asks. `folder` is the one that it was started with. */
export async function askMemory(server: Server, folder: string): Promise<Memory> {
  await server.quiet()
  const file = join(folder, 'memory.json')
  rmSync(file, { force: true })
  process.kill(server.pid, 'SIGUSR2')
  const deadline = performance.now() + timeoutMs
  while (!existsSync(file)) {
    if (performance.now() > deadline) throw new Error('The server does not say what memory it holds.')
    await sleep(pollMs)
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Memory
}
