import { parseConfig, settingsOf } from '../src/config.ts'
import { AppError, StartError } from '../src/errors.ts'
import { createLog } from '../src/log.ts'
import { createMetrics } from '../src/metrics.ts'
import { createDoor } from '../src/middleware/door.ts'
import type { Asset, Assets, Platform } from '../src/platform.ts'
import { createLocalBus } from '../src/topics/bus.ts'
import { serveAsset } from '../src/web/assets.ts'
import { createObjectDatabase, type ObjectStorage } from './durable-object.ts'

/** Something with a `fetch`: a Durable Object's stub, or the binding of the static assets. */
interface Fetcher {
  fetch(request: Request | string, init?: RequestInit): Promise<Response>
}

/** What `wrangler.toml` binds, with the variables of the configuration beside it. */
export interface WorkerEnv extends Record<string, unknown> {
  GALLEY: { getByName(name: string): Fetcher }
  ASSETS?: Fetcher
}

export interface ObjectState {
  storage: ObjectStorage
  blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>
}

interface Served {
  fetch(request: Request): Response | Promise<Response>
  start(): Promise<void>
}

/** What the Worker's entry file exports: `worker` as default, `Galley` by its name. */
export interface WorkerExports {
  worker: { fetch(request: Request, env: WorkerEnv): Promise<Response> }
  Galley: new (state: ObjectState, env: WorkerEnv) => { fetch(request: Request): Promise<Response> }
}

/** All requests that are not for a file go to this one object, for now. */
const objectName = 'main'
const fileName = /\.\w{1,16}$/

/**
 * Serves an app on Cloudflare Workers. The app runs inside a Durable Object, `Galley`, beside its
 * SQLite; the Worker in front of it, `worker`, serves the static files and hands on the rest.
 */
export function serve(server: (platform: Platform) => Served): WorkerExports {
  class Galley {
    #app: Served | null = null
    #failure: unknown

    constructor(state: ObjectState, env: WorkerEnv) {
      void state.blockConcurrencyWhile(async () => {
        try {
          const app = server(createPlatform(env, state.storage))
          await app.start()
          this.#app = app
        } catch (error) {
          this.#failure = error
        }
      })
    }

    async fetch(request: Request): Promise<Response> {
      return this.#app ? await this.#app.fetch(request) : refuse(this.#failure, request)
    }
  }

  const worker = {
    async fetch(arrived: Request, env: WorkerEnv): Promise<Response> {
      const request = withClientEncoding(arrived)
      const { pathname } = new URL(request.url)
      const file = fileName.test(pathname) ? await serveFile(request, pathname, env) : null
      return file ?? (await env.GALLEY.getByName(objectName).fetch(request))
    },
  }
  return { worker, Galley }
}

/** Cloudflare asks Workers for gzip and brotli whatever the client takes; what that is stands in `cf`. */
function withClientEncoding(request: Request & { cf?: { clientAcceptEncoding?: string } }): Request {
  const encoding = request.cf?.clientAcceptEncoding
  if (encoding === undefined || encoding === request.headers.get('accept-encoding')) return request
  const headers = new Headers(request.headers)
  if (encoding === '') headers.delete('accept-encoding')
  else headers.set('accept-encoding', encoding)
  return new Request(request, { headers })
}

function createPlatform(env: WorkerEnv, storage: ObjectStorage): Platform {
  return {
    database: createObjectDatabase(storage),
    bus: createLocalBus(),
    assets: createBoundAssets(env.ASSETS),
    ...createSurroundings(env),
  }
}

function createSurroundings(env: WorkerEnv): Omit<Platform, 'database' | 'bus' | 'assets'> {
  const config = parseConfig(env)
  return {
    // The names under which a Worker is reached are Cloudflare's to check.
    settings: { ...settingsOf(config), hosts: null },
    now: Date.now,
    random: (bytes) => crypto.getRandomValues(bytes),
    log: createLog({ level: config.LOG_LEVEL, write: (line) => console.log(line.trimEnd()), now: Date.now }),
    metrics: createMetrics(),
  }
}

/** An app that could not start answers every request with the reason in the log. */
function refuse(failure: unknown, request: Request): Response {
  const { pathname } = new URL(request.url)
  const log = createLog({ level: 'error', write: console.error, now: Date.now })
  log.problem({ requestId: '', method: request.method, path: pathname, error: failure })
  const message = failure instanceof StartError ? failure.message : undefined
  const { status, code, message: error } = new AppError('storage_unavailable', message)
  return Response.json({ error, status, code }, { status })
}

async function serveFile(request: Request, path: string, env: WorkerEnv): Promise<Response | null> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return null
  const assets = createBoundAssets(env.ASSETS)
  const asset = await assets.open(path.slice(1))
  if (!asset) return null
  const known: Assets = { open: async () => asset }
  const door = createDoor(createSurroundings(env))
  return door(request, async () => (await serveAsset(known, request, path)) ?? new Response(null, { status: 404 }))
}

/** The assets port over the assets binding. Its files are 25 MiB at most, so one fits in memory. */
function createBoundAssets(binding: Fetcher | undefined): Assets {
  return {
    async open(path): Promise<Asset | null> {
      const response = await binding?.fetch(
        `https://assets.invalid/${path.split('/').map(encodeURIComponent).join('/')}`,
      )
      if (response?.status !== 200) {
        await response?.body?.cancel()
        return null
      }
      const bytes = new Uint8Array(await response.arrayBuffer())
      const version = (response.headers.get('etag') ?? '').replace(/^W\/|"/g, '')
      return { sizeBytes: bytes.byteLength, version, read: (start, end) => streamOf(bytes.subarray(start, end + 1)) }
    },
  }
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })
}
