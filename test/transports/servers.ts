import { afterAll, beforeAll } from 'vitest'
import { type ProcessRuntime, type RunningProcess, startProcess } from '../harness/server.ts'
import { type Kind, kinds, webSocketKinds } from './clients.ts'

export interface ServerKind {
  name: string
  runtime: ProcessRuntime
  engine: 'galley' | 'node'
  kinds: readonly Kind[]
}

/** The servers that serve messages, and their transports. */
export const serverKinds: readonly ServerKind[] = [
  { name: 'node', runtime: 'node', engine: 'galley', kinds },
  { name: "node with node's HTTP", runtime: 'node', engine: 'node', kinds },
  { name: 'deno', runtime: 'deno', engine: 'galley', kinds },
  { name: "deno with deno's HTTP", runtime: 'deno', engine: 'node', kinds: webSocketKinds },
  { name: 'bun', runtime: 'bun', engine: 'galley', kinds },
]

/** Those of them that have TCP. */
export const tcpServerKinds = serverKinds.filter((serverKind) => serverKind.kinds.includes('tcp-json'))

/** A server for all tests of a `describe`. */
export function useServer({ runtime, engine }: ServerKind, env: Record<string, string> = {}): () => RunningProcess {
  let server: RunningProcess | null = null
  beforeAll(async () => {
    server = await startProcess({ runtime, env: { HTTP_ENGINE: engine, LOG_LEVEL: 'warn', ...env } })
  })
  afterAll(() => server?.stop())
  return () => server as RunningProcess
}
