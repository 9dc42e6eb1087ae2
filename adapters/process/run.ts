/**
 * The server as a process: the platform it builds, its banner, and its orderly end. Node, Deno and Bun all have
 * `node:process`, so one file serves them.
 */
import process from 'node:process'
import ipaddr from 'ipaddr.js'
import type { Started } from '../../src/app.ts'
import { type Config, configHelp, parseConfig, settingsOf } from '../../src/config.ts'
import { AppError, StartError } from '../../src/errors.ts'
import { errorResponse } from '../../src/http/error-response.ts'
import { createRequestIds } from '../../src/http/request-id.ts'
import type { ImmutableFiles } from '../../src/ports/assets.ts'
import { createLog } from '../../src/ports/log.ts'
import { createMetrics } from '../../src/ports/metrics.ts'
import { createLocalNotifier } from '../../src/ports/notifier.ts'
import type { Platform } from '../../src/ports/platform.ts'
import { createMailer } from '../mail/configured.ts'
import { DirectoryInUseError, openDataDirectory } from '../sqlite/data-directory.ts'
import { builtinMounts } from './builtin-assets.ts'
import { listenOnEngine } from './engine.ts'
import { createFolderAssets } from './folder-assets.ts'
import { lightTextOf, makeLightRequest } from './light-requests.ts'
import { type Listening, listenError, type MakeServer, type MessageServer, type Served } from './listening.ts'
import { createLogOutput, type LogOutput, type WriteOutput } from './log-output.ts'
import { addProcessMetrics } from './metrics.ts'
import { createPasswords } from './passwords.ts'
import { shutDownOnSignal } from './shutdown.ts'
import { waitingApp } from './waiting-app.ts'
import { createWebhookSender } from './webhooks.ts'

const cleanUpIntervalMs = 3_600_000

export interface ServeOptions extends ImmutableFiles {
  /** A folder of static files; `index.html` in it is the page at `/`. */
  publicFolder?: URL
}

/** The differences between the runtimes that run as a process. */
export interface Runtime {
  /** Listens with the runtime's own HTTP server, for `HTTP_ENGINE=node`; missing where it is not supported. */
  listen?(app: MessageServer, config: Config): Promise<Listening>
  /** The system's code, such as ENOTFOUND, for an error of listening to which the runtime gives none. */
  listenErrorCode?(error: Error): string | undefined
  writeOutput: WriteOutput
  /** Makes a folder and its missing parents, where Node's way to do it does not work. */
  makeDirectory?(path: string, mode: number): void
  /** Runs first. @throws StartError when the runtime is too old */
  prepare?(): void
}

/** How often topics are read without a notification, for writes whose outcome was unknown. */
const topicCheckMs = 30_000
/** How often a data directory in use is tried again. */
const waitStepMs = 50

/**
 * Runs a server as this process: reads the environment, opens the data directory, listens, prints the banner, and ends in
 * an orderly way at SIGTERM or SIGINT. An error that the operator can mend is printed in one line, with exit code 1.
 */
export async function runProcess(server: MakeServer, options: ServeOptions, runtime: Runtime): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(configHelp())
    return
  }
  try {
    runtime.prepare?.()
    const config = parseConfig(process.env)
    const output = createLogOutput(runtime.writeOutput)
    const launch: Launch = { server, options, runtime, config, output, port: null }
    await (config.DATA_DIR_WAIT > 0 ? takeOver(launch) : begin(launch))
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    process.stderr.write(`galley: ${error.message}\n`)
    process.exitCode = 1
  }
}

/** Everything that a start needs. */
interface Launch {
  server: MakeServer
  options: ServeOptions
  runtime: Runtime
  config: Config
  output: LogOutput
  /** Null until the server listens. */
  port: number | null
}

async function listen(launch: Launch, app: MessageServer): Promise<Listening> {
  const { runtime, config } = launch
  const listenOn = config.HTTP_ENGINE === 'galley' ? listenOnEngine : runtime.listen
  if (!listenOn) throw new StartError('HTTP_ENGINE=node is not supported on this runtime; leave it at galley.')
  try {
    const listening = await listenOn(app, config)
    launch.port = listening.port
    return listening
  } catch (error) {
    const { code = runtime.listenErrorCode?.(error as Error) } = error as { code?: string }
    throw listenError(error, code, config)
  }
}

async function begin(launch: Launch): Promise<void> {
  const { server, config, output } = launch
  const platform = createPlatform(launch)
  const app = server(platform, process.env)
  const started = await app.start().catch((error) => closeAndThrow(platform, error))
  const listening = await listen(launch, app).catch((error) => closeAndThrow(platform, error))
  process.stderr.write(banner(config, listening.port, started))
  scheduleCleanUp(app, platform)
  shutDownOnSignal(app, platform, listening, output)
}

/**
 * Listens first and lets clients wait until the process before this one has closed the data directory, so that behind a
 * proxy with both as upstreams no request is lost.
 */
async function takeOver(launch: Launch): Promise<void> {
  const { server, config, output } = launch
  const { promise: app, resolve } = Promise.withResolvers<Pick<Served, 'fetch'>>()
  const waiting: MessageServer = { ...waitingApp, fetch: async (request, peer) => (await app).fetch(request, peer) }
  const listening = await listen(launch, waiting)
  process.stderr.write(`Galley waits for ${config.DATA_DIR}\n`)
  try {
    const platform = await createPlatformInTime(launch)
    const served = server(platform, process.env)
    const started = await served.start().catch((error) => closeAndThrow(platform, error))
    Object.assign(waiting, { fetch: served.fetch, admit: served.admit, connections: served.connections })
    resolve(served)
    process.stderr.write(banner(config, listening.port, started))
    scheduleCleanUp(served, platform)
    shutDownOnSignal(served, platform, listening, output)
  } catch (error) {
    resolve({ fetch: unavailable })
    listening.drain()
    void listening.close()
    throw error
  }
}

async function createPlatformInTime(launch: Launch): Promise<Platform> {
  const deadline = performance.now() + launch.config.DATA_DIR_WAIT * 1000
  for (;;) {
    try {
      return createPlatform(launch)
    } catch (error) {
      if (!(error instanceof DirectoryInUseError) || performance.now() > deadline) throw error
      await new Promise((done) => setTimeout(done, waitStepMs))
    }
  }
}

async function closeAndThrow({ database }: Platform, error: unknown): Promise<never> {
  await database.close()
  throw error
}

function createPlatform(launch: Launch): Platform {
  const { config, options, runtime, output } = launch
  const metrics = createMetrics()
  const log = createLog({ level: config.LOG_LEVEL, pretty: process.stdout.isTTY, write: output.write, now: Date.now })
  const database = openDataDirectory(config.DATA_DIR, { metrics, makeDirectory: runtime.makeDirectory })
  addProcessMetrics(metrics, output.dropped)
  const publicMounts = options.publicFolder ? [{ at: '', folder: options.publicFolder }] : []
  return {
    database,
    notifier: createLocalNotifier(topicCheckMs),
    assets: createFolderAssets([...publicMounts, ...builtinMounts], options),
    ownsDatabase: true,
    settings: settingsOf(config),
    now: Date.now,
    random: (bytes) => crypto.getRandomValues(bytes),
    log,
    metrics,
    accounts: {
      passwords: createPasswords(),
      mailer: createMailer(config, log),
      publicUrl: () => config.PUBLIC_URL || ownUrl(launch),
      signUp: config.SIGN_UP,
    },
    webhooks: createWebhookSender({ networks: config.WEBHOOKS_ALLOW_PRIVATE }),
    ...(config.HTTP_ENGINE === 'galley' && { connections: { makeRequest: makeLightRequest, textOf: lightTextOf } }),
  }
}

/** True for every address, such as `0.0.0.0`, `::` or `0`. */
function isEveryAddress(host: string): boolean {
  return ipaddr.isValid(host) && ipaddr.parse(host).range() === 'unspecified'
}

/** The origin at which the server listens; null when that is every address, or none yet. */
function ownUrl({ config, port }: Launch): string | null {
  return port === null || isEveryAddress(config.HOST) ? null : urlOf(config, config.HOST, port)
}

function urlOf({ TLS_CERT }: Config, host: string, port: number): string {
  return `${TLS_CERT ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function banner(
  config: Config,
  port: number,
  { administratorCode, collections: [collection], openCollections }: Started,
): string {
  const { HOST, DATA_DIR } = config
  const url = urlOf(config, isEveryAddress(HOST) ? 'localhost' : HOST, port)
  const lines = [
    `Galley listens on ${url} and keeps its data in ${DATA_DIR}\n`,
    ...(collection === undefined ? [] : [`  curl ${url}/api/${collection}`]),
    `  open ${url}/docs\n`,
    ...(openCollections.length === 0 ? [] : [`Anyone may read and change ${openCollections.join(', ')}.\n`]),
    ...(administratorCode === null
      ? []
      : [
          `There is no administrator yet. The code ${administratorCode} makes one of the account that signs up with it.\n`,
        ]),
  ]
  return `${lines.join('\n')}\n`.replace(/\n\n$/, '\n')
}

/** Runs the cleanup now and every hour. */
function scheduleCleanUp(app: Served, { log }: Platform): void {
  const cleanUp = () => {
    app.cleanUp().catch((error) => log.problem({ error }))
  }
  cleanUp()
  setInterval(cleanUp, cleanUpIntervalMs).unref()
}

const requestIdOf = createRequestIds((bytes) => crypto.getRandomValues(bytes))

function unavailable(request: Request): Response {
  return errorResponse(new AppError('storage_unavailable'), { requestId: requestIdOf(request) }, request)
}
