import { DurableObject } from 'cloudflare:workers'
import type { Started } from '../../src/app.ts'
import type { Connections } from '../../src/connections/connections.ts'
import { AppError } from '../../src/errors.ts'
import { errorResponse } from '../../src/http/error-response.ts'
import { Pipeline } from '../../src/http/pipeline.ts'
import { createRequestIds } from '../../src/http/request-id.ts'
import type { Assets, ImmutableFiles } from '../../src/ports/assets.ts'
import { createLog } from '../../src/ports/log.ts'
import type { Platform } from '../../src/ports/platform.ts'
import type { Scheduler } from '../../src/ports/scheduler.ts'
import { type EnqueueArguments, type EnqueueOptions, payloadText, type QueuedJob } from '../../src/queue/enqueue.ts'
import type { AdmittedPeer, Peer } from '../../src/request/context.ts'
import { serveAsset } from '../../src/web/assets.ts'
import { ObjectConnections, type ObjectWebSocket, type SocketHolder } from '../durable-object/connections.ts'
import type { ObjectStorage } from '../durable-object/database.ts'
import { createBoundAssets, type Fetcher } from './assets.ts'
import { passwordsEntrypoint } from './passwords.ts'
import { createEnvironment, createPlatform, type WorkerEnv } from './platform.ts'

export interface ObjectState extends SocketHolder {
  storage: ObjectStorage & {
    getAlarm(): Promise<number | null>
    setAlarm(atMs: number): Promise<void>
  }
  blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>
}

interface Served {
  fetch(request: Request, peer?: Peer): Response | Promise<Response>
  start(): Promise<Started>
  cleanUp(): Promise<void>
  admit(request: Request, peer: Peer): AdmittedPeer | null
  checkAccess(): void
  enqueue(job: QueuedJob<unknown>, payload: unknown, options: EnqueueOptions): Promise<string>
  connections: Connections
}

/** The handlers that a Durable Object has. */
interface GalleyObject {
  fetch(request: Request): Promise<Response>
  alarm(): Promise<void>
  /** Enqueues a job, whose payload is JSON that was checked. */
  enqueue(job: string, payload: string, options: EnqueueOptions): Promise<string>
  webSocketMessage(webSocket: ObjectWebSocket, message: string | ArrayBuffer): Promise<void>
  webSocketClose(webSocket: ObjectWebSocket, code: number): void
  webSocketError(webSocket: ObjectWebSocket): void
}

export { createObjectDatabase } from '../durable-object/database.ts'
export type { WorkerEnv } from './platform.ts'

/** The exports of the Worker's entry file: `worker` as default, the others by name. */
export interface WorkerExports<Env = unknown> {
  worker: { fetch(request: Request, env: WorkerEnv & Env): Promise<Response> }
  /** An entrypoint for the object alone, which the binding `PASSWORDS` names. */
  Passwords: typeof passwordsEntrypoint
  Galley: new (state: ObjectState, env: WorkerEnv & Env) => GalleyObject
  /**
   * Enqueues a job from a handler of the Worker, such as `scheduled`, `queue` or `email`, and resolves with its id once it is stored.
   * @throws TypeError for a payload that the job does not take
   */
  enqueue<Input>(
    env: Pick<WorkerEnv, 'GALLEY'>,
    job: QueuedJob<Input>,
    ...given: EnqueueArguments<NoInfer<Input>>
  ): Promise<string>
}

/** The one object that handles all requests that are not for a file. */
const objectName = 'main'
/** The object cleans up this long after a write, and not more often. */
const cleanUpAfterMs = 60 * 60 * 1000
/** How often silent members are looked for, while there are members. */
const silenceSweepMs = 20_000
/** Everything that runs may change what a rule allows. So soon after it, who reads and who is present is checked. */
const checkAccessAfterMs = 1000
/** A static file, which the Worker in front serves itself. Pages go through the app and its middleware. */
const fileName = /\.(?!html$)\w{1,16}$/

/**
 * Serves an app on Cloudflare Workers. The app runs inside a Durable Object, `Galley`, beside its
 * SQLite; the Worker in front of it, `worker`, serves the static files and forwards the rest.
 */
export function serve<Env>(
  server: (platform: Platform, env: Env) => Served,
  options: ImmutableFiles = {},
): WorkerExports<Env> {
  class Galley extends DurableObject implements GalleyObject {
    #running: { app: Served; connections: ObjectConnections } | null = null
    #failure: unknown
    readonly #storage: ObjectState['storage']
    #alarmMs = Number.POSITIVE_INFINITY
    /** The object does not clean up again before. */
    #cleanUpMs = 0
    #accessCheck: ReturnType<typeof setTimeout> | undefined
    /** True if anything has run since the check was planned. */
    #hasRun = false
    #runJobs: (() => Promise<void>) | undefined
    readonly #scheduler: Scheduler = {
      wakeAt: (atMs) => this.#wakeAt(atMs),
      listen: (callback) => {
        this.#runJobs = callback
      },
      close() {},
    }

    constructor(state: ObjectState, env: WorkerEnv & Env) {
      super(state, env)
      this.#storage = state.storage
      void state.blockConcurrencyWhile(async () => {
        try {
          const platform = { ...createPlatform(env, state.storage, options), scheduler: this.#scheduler }
          const app = server(platform, env)
          this.#alarmMs = (await state.storage.getAlarm()) ?? Number.POSITIVE_INFINITY
          const { administratorCode } = await app.start()
          if (administratorCode !== null) {
            platform.log.note(
              'info',
              `There is no administrator yet. The code ${administratorCode} makes one of the account that signs up with it.`,
            )
          }
          const connections = new ObjectConnections(app, state, state.storage)
          await connections.wake()
          platform.notifier.listen(() => this.#wakeWithin(cleanUpAfterMs))
          this.#running = { app, connections }
        } catch (error) {
          this.#failure = error
        }
      })
    }

    async fetch(request: Request): Promise<Response> {
      if (!this.#running) return refuse(this.#failure, request)
      const { app, connections } = this.#running
      if (request.method !== 'GET') this.#wakeWithin(cleanUpAfterMs)
      const peer = { address: request.headers.get('cf-connecting-ip'), isSecure: request.url.startsWith('https:') }
      try {
        return connections.connect(request, peer) ?? (await app.fetch(request, peer))
      } finally {
        this.#checkAccessSoon()
      }
    }

    async enqueue(job: string, payload: string, enqueueing: EnqueueOptions): Promise<string> {
      if (!this.#running) throw new AppError('storage_unavailable')
      return this.#running.app.enqueue({ name: job, encode: () => payload }, undefined, enqueueing)
    }

    async alarm(): Promise<void> {
      this.#alarmMs = Number.POSITIVE_INFINITY
      if (!this.#running) return
      this.#running.app.checkAccess()
      if (this.#running.connections.disconnectSilent()) this.#wakeWithin(silenceSweepMs)
      await this.#runJobs?.()
      await this.#cleanUpIfDue(this.#running.app)
    }

    /** An alarm comes for other reasons too, every second where jobs are busy. */
    async #cleanUpIfDue(app: Served): Promise<void> {
      if (Date.now() < this.#cleanUpMs) {
        this.#wakeAt(this.#cleanUpMs)
        return
      }
      this.#cleanUpMs = Date.now() + cleanUpAfterMs
      await app.cleanUp()
    }

    async webSocketMessage(webSocket: ObjectWebSocket, message: string | ArrayBuffer): Promise<void> {
      this.#running?.connections.receive(webSocket, message)
      this.#checkAccessSoon()
      if (this.#running?.connections.hasMembers) this.#wakeWithin(silenceSweepMs)
    }

    webSocketClose(webSocket: ObjectWebSocket, code: number): void {
      this.#running?.connections.peerClosed(webSocket, code)
    }

    webSocketError(webSocket: ObjectWebSocket): void {
      this.#running?.connections.closed(webSocket)
    }

    /** By one timer that ends by itself, because a repeated one would keep the object awake. */
    #checkAccessSoon(): void {
      this.#hasRun = this.#accessCheck !== undefined
      this.#accessCheck ??= setTimeout(() => {
        this.#accessCheck = undefined
        this.#running?.app.checkAccess()
        if (this.#hasRun) this.#checkAccessSoon()
      }, checkAccessAfterMs)
    }

    /** Sets an alarm within this time, unless one is due earlier. */
    #wakeWithin(ms: number): void {
      this.#wakeAt(Date.now() + ms)
    }

    #wakeAt(atMs: number): void {
      if (this.#alarmMs <= atMs) return
      this.#alarmMs = atMs
      void this.#storage.setAlarm(atMs)
    }
  }

  const worker = {
    async fetch(arrived: Request, env: WorkerEnv & Env): Promise<Response> {
      const request = withClientEncoding(arrived)
      try {
        const { pathname } = new URL(request.url)
        const file = fileName.test(pathname)
          ? await serveFile(request, pathname, createBoundAssets(env.ASSETS, options), env)
          : null
        return file ?? (await objectIn(env.GALLEY).fetch(request))
      } catch (error) {
        return refuse(error, request)
      }
    },
  }
  return {
    worker,
    Galley,
    Passwords: passwordsEntrypoint,
    enqueue: async ({ GALLEY }, job, ...[payload, enqueueing = {}]) =>
      objectIn(GALLEY).enqueue(job.name, payloadText(job, payload), enqueueing),
  }
}

/** The one object, whose methods can be called as those of its class. */
function objectIn(binding: WorkerEnv['GALLEY']): Fetcher & Pick<GalleyObject, 'enqueue'> {
  return binding.getByName(objectName) as Fetcher & Pick<GalleyObject, 'enqueue'>
}

/** Cloudflare sends its own Accept-Encoding to Workers; the client's stands in `cf`. */
function withClientEncoding(request: Request & { cf?: { clientAcceptEncoding?: string } }): Request {
  const encoding = request.cf?.clientAcceptEncoding
  if (encoding === undefined || encoding === request.headers.get('accept-encoding')) return request
  const headers = new Headers(request.headers)
  if (encoding === '') headers.delete('accept-encoding')
  else headers.set('accept-encoding', encoding)
  return new Request(request, { headers })
}

const requestIdOf = createRequestIds((bytes) => crypto.getRandomValues(bytes))

/** The response of an app that could not start: always the same, and the log has the reason. */
function refuse(failure: unknown, request: Request): Response {
  const requestId = requestIdOf(request)
  const log = createLog({ level: 'error', write: console.error, now: Date.now })
  log.problem({ requestId, method: request.method, path: new URL(request.url).pathname, error: failure })
  return errorResponse(new AppError('storage_unavailable'), { requestId }, request)
}

async function serveFile(request: Request, path: string, assets: Assets, env: WorkerEnv): Promise<Response | null> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return null
  const asset = await assets.open(path.slice(1))
  if (!asset) return null
  const opened: Assets = { open: async () => asset }
  const pipeline = new Pipeline(createEnvironment(env))
  return pipeline.run(
    request,
    async () => (await serveAsset(opened, request, path)) ?? new Response(null, { status: 404 }),
  )
}
