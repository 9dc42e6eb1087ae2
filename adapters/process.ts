/**
 * What Node and Deno share as processes: the platform they build, what they say at the start, and how
 * they end. Deno has `node:process`, so one file serves both.
 */
import process from 'node:process'
import { type Config, configHelp, parseConfig, settingsOf } from '../src/config.ts'
import { StartError } from '../src/errors.ts'
import { problemLine } from '../src/log.ts'
import type { Platform, Problem } from '../src/platform.ts'
import { openDataDirectory } from './data-directory.ts'
import { createFolderAssets } from './folder.ts'

/** Requests in flight may take this long to finish once the server is told to stop. */
const drainTimeoutMs = 10_000

/** What a process serves: the part of `createApp`'s result that it needs. */
export interface Served {
  fetch(request: Request): Response | Promise<Response>
  start(): Promise<void>
  drain(): void
}

export interface ServeOptions {
  /** A folder of static files; `index.html` in it is the page at `/`. */
  publicFolder?: URL
}

/** A server that listens. */
export interface Listening {
  port: number
  /** Takes no new connections and resolves when those in flight are answered. */
  close(): Promise<void>
}

export type Listen = (app: Served, config: Config) => Promise<Listening>

/**
 * Runs a server as this process: reads the environment, opens the data directory, listens, says so,
 * and ends in an orderly way at SIGTERM or SIGINT. What an operator can mend is one line and exit code 1.
 */
export async function runProcess(
  server: (platform: Platform) => Served,
  options: ServeOptions,
  listen: Listen,
): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(configHelp())
    return
  }
  try {
    const config = parseConfig(process.env)
    const platform = createPlatform(config, options)
    const app = server(platform)
    await app.start().catch((error) => endUnused(platform, error))
    const listening = await listen(app, config).catch((error) => endUnused(platform, error))
    process.stdout.write(banner(config, listening.port))
    endOnSignal(app, platform, listening)
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    process.stderr.write(`galley: ${error.message}\n`)
    process.exitCode = 1
  }
}

async function endUnused({ database }: Platform, error: unknown): Promise<never> {
  await database.close()
  throw error
}

function createPlatform(config: Config, { publicFolder }: ServeOptions): Platform {
  const swagger = new URL('.', import.meta.resolve('swagger-ui-dist/package.json'))
  return {
    database: openDataDirectory(config.DATA_DIR),
    assets: createFolderAssets([
      { at: 'docs/', folder: swagger, only: /^swagger-ui(\.css|-bundle\.js)$/ },
      ...(publicFolder ? [{ at: '', folder: publicFolder }] : []),
    ]),
    settings: settingsOf(config),
    now: Date.now,
    random: (bytes) => crypto.getRandomValues(bytes),
    report,
  }
}

/** One line of JSON on standard error. */
function report(problem: Problem): void {
  process.stderr.write(`${problemLine(problem, Date.now())}\n`)
}

function banner({ HOST, DATA_DIR }: Config, port: number): string {
  const name = HOST.includes(':') ? `[${HOST}]` : HOST
  const url = `http://${HOST === '0.0.0.0' || HOST === '::' ? 'localhost' : name}:${port}`
  return `Galley listens on ${url} and keeps its data in ${DATA_DIR}

  curl ${url}/api/todos -d '{"title":"milk"}'
  curl ${url}/api/todos
  open ${url}/docs
`
}

/** The first signal drains; a second one, or the time limit, ends the process at once with code 1. */
function endOnSignal(app: Served, { database }: Platform, listening: Listening): void {
  let ending = false
  const end = async () => {
    if (ending) process.exit(1)
    ending = true
    app.drain()
    setTimeout(() => process.exit(1), drainTimeoutMs).unref()
    await listening.close()
    await database.close()
    process.exit(0)
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
}

/** The words for what can go wrong with an address. */
export function listenError(error: unknown, { HOST, PORT }: Config): unknown {
  const texts: Record<string, string> = {
    EADDRINUSE: 'is taken',
    EACCES: 'is not allowed to this user',
    EADDRNOTAVAIL: 'is no address of this machine',
    ENOTFOUND: 'is no known host name',
    EAI_AGAIN: 'is no known host name',
  }
  const text = texts[(error as { code?: string }).code ?? '']
  return text ? new StartError(`The address ${HOST}:${PORT} ${text}.`) : error
}
