/**
 * The app of the user, for commands that work on its data directory without a server: a module whose default export makes the app of
 * a platform, as `serve` takes it.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import type { BlankSchema } from 'hono/types'
import type { App } from '../../src/app.ts'
import { parseConfig, settingsOf } from '../../src/config.ts'
import { StartError } from '../../src/errors.ts'
import type { Database } from '../../src/ports/database.ts'
import { createLog } from '../../src/ports/log.ts'
import { createMetrics } from '../../src/ports/metrics.ts'
import { createLocalNotifier } from '../../src/ports/notifier.ts'
import type { Platform } from '../../src/ports/platform.ts'
import { createMailer } from '../mail/configured.ts'
import { createPasswords } from '../process/passwords.ts'
import { createWebhookSender } from '../process/webhooks.ts'
import { DirectoryInUseError, openDataDirectory } from '../sqlite/data-directory.ts'

/** The option that names the module. */
export const appOption = { app: { type: 'string', default: './app.ts' } } as const

/** The parts of an app that commands use. */
export type CommandApp = Pick<App<BlankSchema>, 'start' | 'stop' | 'seed' | 'planMigration' | 'request'>

export type MakeApp = (platform: Platform) => CommandApp

/** @throws StartError when there is no such module, or when it exports no function */
export async function loadApp(path: string): Promise<MakeApp> {
  const file = resolve(path)
  if (!existsSync(file)) throw new StartError(`There is no ${path}. Name the module of your app by --app.`)
  const { default: make } = (await import(pathToFileURL(file).href)) as { default?: unknown }
  if (typeof make === 'function') return (platform) => make(platform, process.env) as CommandApp
  throw new StartError(
    `${path} must have a default export as serve takes it: export default (platform) => createApp(platform, { … }).`,
  )
}

/** Opens DATA_DIR for this process alone. @throws StartError that says so when a server uses it */
export function openOwnDirectory(): Database {
  try {
    return openDataDirectory(parseConfig(process.env).DATA_DIR)
  } catch (error) {
    if (!(error instanceof DirectoryInUseError)) throw error
    throw new StartError(`${error.message} Stop the server first.`)
  }
}

/** The platform of a command: without pages, and jobs wait for the server. */
export function createCommandPlatform(database: Database): Platform {
  const config = parseConfig(process.env)
  const log = createLog({ level: 'warn', write: (line) => process.stderr.write(line), now: Date.now })
  return {
    database,
    notifier: createLocalNotifier(),
    assets: { open: async () => null },
    ownsDatabase: true,
    settings: settingsOf(config),
    now: Date.now,
    random: (bytes) => crypto.getRandomValues(bytes),
    log,
    metrics: createMetrics(),
    scheduler: { wakeAt() {}, listen() {}, close() {} },
    webhooks: createWebhookSender({ networks: config.WEBHOOKS_ALLOW_PRIVATE }),
    accounts: {
      passwords: createPasswords(),
      mailer: createMailer(config, log),
      publicUrl: () => config.PUBLIC_URL || null,
      signUp: config.SIGN_UP,
    },
  }
}
