import { OpenAPIHono } from '@hono/zod-openapi'
import type { Hono, Schema } from 'hono'
import { TrieRouter } from 'hono/router/trie-router'
import { getPath } from 'hono/utils/url'
import { type AccountSchema, type Auth, createAuth } from './auth/auth.ts'
import type { AnyCollection } from './collections/declaration.ts'
import type { Fields } from './collections/field.ts'
import { describeCollection, describeRoute } from './collections/openapi.ts'
import { createRoutes } from './collections/routes.ts'
import { createRows } from './collections/rows.ts'
import { applySchema } from './collections/schema.ts'
import type { SchemaOf } from './collections/types.ts'
import type { Connections } from './connections/connections.ts'
import { createLive } from './connections/live.ts'
import { chooseProtocol, protocols } from './connections/subprotocols.ts'
import { withCommitCallbacks } from './database/commit-callbacks.ts'
import { renewEpoch } from './database/epoch.ts'
import { createIds } from './database/id.ts'
import { migrate } from './database/migrate.ts'
import { AppError } from './errors.ts'
import { failureResponse } from './http/error-response.ts'
import { createCommit } from './http/idempotency.ts'
import { Pipeline } from './http/pipeline.ts'
import { reply, replyWith } from './http/reply.ts'
import { createRouter } from './http/router.ts'
import { AdmissionControl } from './limits/admission-control.ts'
import { Overload } from './limits/overload.ts'
import type { Platform } from './ports/platform.ts'
import type { AdmittedPeer, Context, Env, Peer, RequestContext } from './request/context.ts'
import { type Identity, isExpired } from './request/identity.ts'
import { createTopicLog } from './topics/log.ts'
import type { TopicSchema } from './topics/routes.ts'
import type { Topic } from './topics/topic.ts'
import { serveAsset } from './web/assets.ts'
import { createMetricsRoute } from './web/metrics.ts'
import { createPages } from './web/pages.ts'

/** The whole server as one fetch handler. It is a Hono app, so `hc<typeof app>` is its typed client. */
export interface App<S extends Schema> extends OpenAPIHono<Env, S> {
  /**
   * Brings the database to what the collections declare. Call it once, before the first request.
   * @throws StartError when what is stored does not fit
   */
  start(): Promise<Started>
  /**
   * Turns readiness off, so that a load balancer sends nothing more, and ends streams and waiting polls;
   * their clients come back.
   */
  drain(): void
  /** Sessions of messages, for the transports to begin. */
  connections: Connections
  /** The client, if a session may begin with this request, which wants a WebSocket; else null, and `fetch` answers it. */
  admit(request: Request, peer: Peer): AdmittedPeer | null
  /** Lets go of what need not be kept any more. To be called at the start and once an hour or so. */
  cleanUp(): Promise<void>
}

/** What an operator is to be told at the start, and nobody else. */
export interface Started {
  /** Makes an administrator of whoever signs up with it; null where there is one, or where there are no accounts. */
  administratorCode: string | null
}

/** What a password costs is a hundred times a small read; the unit is half a hundredth of a second of one client. */
const costs = {
  'POST /api/auth/sign-in': 20,
  'POST /api/auth/sign-up': 20,
  'POST /api/auth/password': 20,
  'POST /api/auth/reset': 20,
  'POST /api/auth/reset/confirm': 20,
  'DELETE /api/auth/me': 20,
}

/** Where WebSockets connect. */
const connectPath = /^\/api\/(v1\/)?connect$/

/** Makes a server from what it keeps and from what its runtime supplies. */
export function createApp<const C extends readonly AnyCollection[]>(
  runtime: Platform,
  collections: C,
  topics: readonly Topic[] = [],
): App<SchemaOf<C> & AccountSchema & TopicSchema> {
  refuseRepeats(collections)
  refuseDangling(collections)
  const platform = { ...runtime, database: withCommitCallbacks(runtime.database) }
  const log = createTopicLog(platform)
  let current = ''
  const epoch = () => current
  const { router, matched } = createRouter()
  const hono = new OpenAPIHono<Env>({ router, getPath: unversioned })
  const commit = createCommit(platform, (identity) => isOver(identity))
  const admissionControl = new AdmissionControl({
    isLimiting: platform.settings.isRateLimited,
    overload: platform.refusesOverload ? null : new Overload(),
    costs,
    random: platform.random,
  })
  const newId = createIds(platform.now, platform.random)
  const isOver = (identity: Identity) =>
    isExpired(identity, platform.now) || auth?.identities.isRevoked(identity) === true
  const auth = platform.accounts ? createAuth({ platform, commit, ...platform.accounts }) : null
  const byName = new Map<string, AnyCollection>(collections.map((each) => [each.name, each]))
  for (const collection of collections) {
    const rows = createRows(collection, { ...platform, log }, newId)
    const tools = { rows, database: platform.database, commit, log, epoch, collections: byName }
    const path = `/api/${collection.name}`
    // Its own routes go first: else `/:id` would take them.
    if (collection.routes) addRoutes(hono, path, collection.routes(tools), collection.name)
    hono.route(path, createRoutes(collection, tools))
    for (const route of describeCollection(collection)) hono.openAPIRegistry.registerPath(route)
  }
  const live = createLive({
    platform,
    collections,
    topics,
    log,
    commit,
    epoch,
    fetch: (request, peer, identity) => pipeline.run(request, handle, peer, identity),
    identities: auth?.identities ?? null,
    admissionControl,
  })
  if (auth !== null) addAccounts(hono, auth)
  hono.route('/api/topics', live.routes)
  hono.get('/api/connect', (c) => refuseConnection(c.req.raw))
  hono.route('/', createPages(platform.assets, collections))
  hono.route('/', createMetricsRoute(platform))
  const turnAway = addHealth(hono, platform)
  addDescription(hono)
  const allowedMethods = createAllow(hono)
  hono.notFound((c) => answerUnrouted(c, platform, allowedMethods))
  hono.onError((error, c) => failureResponse(error, c.env, c.req.raw, { log: platform.log, path: c.req.path }))
  const pipeline = new Pipeline(platform, auth?.identities, admissionControl)
  const { fetch } = hono
  const handle = (request: Request, context: RequestContext) => {
    const response = fetch(request, context)
    context.route = matched()
    return response
  }
  return Object.assign(hono, {
    fetch: (request: Request, peer?: Peer) => pipeline.run(request, handle, peer),
    async start() {
      await platform.database.migrate(async (db) => {
        await migrate(db)
        await applySchema(db, collections)
        current = await renewEpoch(db, platform)
      })
      return { administratorCode: auth === null ? null : await auth.start() }
    },
    drain() {
      turnAway()
      live.end()
    },
    connections: live.connections,
    admit: (request: Request, peer: Peer) => (wantsSession(request) ? pipeline.admitConnection(request, peer) : null),
    async cleanUp() {
      await live.cleanUp()
      await auth?.cleanUp()
    },
  })
}

function addAccounts(hono: OpenAPIHono<Env>, { routes, adminRoutes }: Auth): void {
  hono.route('/api/auth', routes)
  hono.route('/api/admin', adminRoutes)
}

/** Whether it is a WebSocket's request, in a form of messages that is known here or in none that it names. */
function wantsSession({ url, headers }: Request): boolean {
  return connectPath.test(new URL(url).pathname) && headers.has('sec-websocket-key') && chooseProtocol(headers) !== null
}

function refuseConnection({ headers }: Request): never {
  if (headers.has('sec-websocket-key') && chooseProtocol(headers) === null) {
    throw new AppError('bad_request', `The WebSocket's subprotocol must be one of ${protocols.join(', ')}.`)
  }
  throw new AppError('upgrade_required', undefined, { headers: { Upgrade: 'websocket', Connection: 'Upgrade' } })
}

function refuseRepeats(collections: readonly AnyCollection[]): void {
  const names = collections.map(({ name }) => name)
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated) throw new TypeError(`The collection ${repeated} is there twice.`)
}

/** A reference to what is not there would make every write fail. */
function refuseDangling(collections: readonly AnyCollection[]): void {
  const names = new Set(collections.map(({ name }) => name))
  for (const { name, fields } of collections) {
    for (const [key, { column }] of Object.entries(fields as Fields)) {
      if (column.references === null || names.has(column.references)) continue
      throw new TypeError(`The field ${name}.${key} refers to ${column.references}, which is no collection here.`)
    }
  }
}

/** Mounts a collection's own routes. An `OpenAPIHono` brings its description along; for any other the paths are named. */
function addRoutes(hono: OpenAPIHono<Env>, path: string, routes: Hono<Env>, name: string): void {
  hono.route(path, routes)
  if (routes instanceof OpenAPIHono) return
  for (const route of routes.routes.filter(({ method }) => method !== 'ALL')) {
    hono.openAPIRegistry.registerPath(describeRoute(name, route.method, path + route.path))
  }
}

/** `/api/v1/…` is the fixed name of what `/api/…` is now. */
function unversioned(request: Request): string {
  const path = getPath(request)
  return path.startsWith('/api/v1/') ? `/api/${path.slice('/api/v1/'.length)}` : path
}

function addHealth(hono: OpenAPIHono<Env>, { database }: Platform): () => void {
  let draining = false
  hono.get('/health/live', (c) => replyWith(c, { status: 200, data: { live: true }, headers: uncached }))
  hono.get('/health/ready', async (c) => {
    if (draining) throw new AppError('draining', undefined, { headers: uncached })
    await database.check()
    return replyWith(c, { status: 200, data: { ready: true }, headers: uncached })
  })
  return () => {
    draining = true
  }
}

const uncached = { 'Cache-Control': 'no-store' }

function addDescription(hono: OpenAPIHono<Env>): void {
  let text: string | null = null
  hono.get('/openapi.json', (c) => {
    text ??= JSON.stringify(
      hono.getOpenAPI31Document({
        openapi: '3.1.0',
        info: { title: 'Galley', version: '1' },
        servers: [{ url: '/' }],
      }),
    )
    return reply(c, 200, text)
  })
}

type Allow = (path: string) => string | null

/** What `Allow` says of a path, from the routes themselves; null where there is none. */
function createAllow(hono: OpenAPIHono<Env>): Allow {
  let router: TrieRouter<string> | null = null
  return (path) => {
    router ??= methodsOf(hono)
    const methods = new Set(router.match('ALL', path)[0].map(([method]) => method))
    if (methods.size === 0) return null
    if (methods.has('GET')) methods.add('HEAD')
    return [...methods, 'OPTIONS'].join(', ')
  }
}

/** Made late, because routes may be added after the app is. */
function methodsOf(hono: OpenAPIHono<Env>): TrieRouter<string> {
  const router = new TrieRouter<string>()
  for (const { method, path } of hono.routes) if (method !== 'ALL') router.add('ALL', path, method)
  return router
}

const pagePath = /^\/[a-z][a-z0-9-]{0,39}$/

/** What the log and the metrics call the route of a static file. */
const fileRoute = '(file)'

/** What no route took: a static file, `OPTIONS`, the wrong method, or nothing at all. */
async function answerUnrouted(c: Context, { assets }: Platform, allowedMethods: Allow): Promise<Response> {
  const { method, path } = c.req
  const isRead = method === 'GET' || method === 'HEAD'
  const allow = allowedMethods(path)
  if (allow === null) {
    const asset = (await serveAsset(assets, c.req.raw, path)) ?? (await servePage(assets, c.req.raw, path))
    if (asset && isRead) {
      c.env.route = fileRoute
      return asset
    }
    await asset?.body?.cancel()
    if (!asset) throw new AppError('not_found')
  }
  const headers = { Allow: allow ?? 'GET, HEAD, OPTIONS' }
  if (method === 'OPTIONS') return reply(c, 204, null, headers)
  throw new AppError('method_not_allowed', `${method} is not for this address.`, { headers })
}

/** `/chat` is the page `chat.html`, if there is one. */
async function servePage(assets: Platform['assets'], request: Request, path: string): Promise<Response | null> {
  return pagePath.test(path) ? serveAsset(assets, request, `${path}.html`) : null
}
