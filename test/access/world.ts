/** A server on a real port and a real database, with a clock that the test sets and a fast scrypt. */
import { builtinMounts } from '../../adapters/process/builtin-assets.ts'
import { listenOnEngine } from '../../adapters/process/engine.ts'
import { createFolderAssets } from '../../adapters/process/folder-assets.ts'
import { lightTextOf, makeLightRequest } from '../../adapters/process/light-requests.ts'
import type { Served } from '../../adapters/process/listening.ts'
import { createPasswords } from '../../adapters/process/passwords.ts'
import { parseConfig, settingsOf } from '../../src/config.ts'
import type { Mail } from '../../src/ports/mailer.ts'
import type { Platform } from '../../src/ports/platform.ts'
import { createSend, type Send } from '../conformance/http.ts'
import { createTestDatabase } from '../harness/database.ts'
import { cheap } from '../harness/passwords.ts'
import { createTestPlatform } from '../harness/platform.ts'

/** The app as served, with its routes. */
interface Routed extends Served {
  routes: readonly { method: string; path: string }[]
}

export interface World {
  url: string
  /** A request on a connection of its own. */
  send: Send
  /** `METHOD /path` of every route. */
  routes: readonly string[]
  /** A sign-up with it makes an administrator. */
  administratorCode: string
  /** Advances the clock. */
  pass(ms: number): void
  mail: Mail[]
  /** Internal errors of the server. */
  problems: unknown[]
  stop(): Promise<void>
}

export async function startWorld(make: (platform: Platform) => Routed): Promise<World> {
  const { database, remove } = await createTestDatabase([])
  const config = parseConfig({ PORT: '0', RATE_LIMIT: 'off' })
  const clock = { aheadMs: 0 }
  const mail: Mail[] = []
  const problems: unknown[] = []
  const mailer = { send: async (message: Mail) => void mail.push(message) }
  const platform = createTestPlatform({
    database,
    assets: createFolderAssets(builtinMounts),
    settings: settingsOf(config),
    // A busy machine must not change the outcome of a test.
    refusesOverload: true,
    now: () => Date.now() + clock.aheadMs,
    log: { access() {}, note() {}, problem: ({ error }) => void problems.push(error) },
    accounts: { passwords: createPasswords({ cost: cheap }), mailer, publicUrl: () => null, signUp: 'open' },
    connections: { makeRequest: makeLightRequest, textOf: lightTextOf },
  })
  const app = make(platform)
  const { administratorCode } = await app.start()
  const listening = await listenOnEngine(app, config)
  const url = `http://127.0.0.1:${listening.port}`
  return {
    url,
    send: createSend(() => url),
    routes: app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`),
    administratorCode: administratorCode ?? '',
    pass(ms) {
      clock.aheadMs += ms
    },
    mail,
    problems,
    async stop() {
      app.drain()
      app.connections.goaway()
      await listening.close()
      await remove()
    },
  }
}

/** An id that a client may choose, and the id of no row. */
export const newId = () => crypto.randomUUID().replaceAll('-', '').slice(0, 26)
export const noId = '0'.repeat(26)
