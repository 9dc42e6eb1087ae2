/** A process on Node or Deno that serves scenarios on command: lines of JSON in and out. */
import { createInterface } from 'node:readline'
import type { Server } from '../../../adapters/tcp/serve.ts'
import { scenarios } from './scenarios.ts'
import { type Certificate, serveScenario } from './serve-scenario.ts'

export interface Command {
  /** The id of the server. */
  id: number
  serve?: { title: string; tls: Certificate }
  drain?: true
  close?: { graceMs: number }
}

export interface Report {
  id: number
  port?: number
  /** Reported by the scenario. */
  reported?: string
  drained?: true
  closed?: true
}

const servers = new Map<number, Server>()

function report(what: Report): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}

async function execute({ id, serve, drain, close }: Command): Promise<void> {
  if (serve !== undefined) {
    const scenario = scenarios.find(({ title }) => title === serve.title)
    if (scenario === undefined) throw new Error(`There is no scenario "${serve.title}".`)
    const server = await serveScenario(scenario, (reported) => report({ id, reported }), serve.tls)
    servers.set(id, server)
    report({ id, port: server.port })
  }
  const server = servers.get(id)
  if (drain) {
    server?.drain()
    report({ id, drained: true })
  }
  if (close !== undefined) {
    await server?.close(close.graceMs)
    report({ id, closed: true })
  }
}

createInterface({ input: process.stdin }).on('line', (line) => void execute(JSON.parse(line) as Command))
