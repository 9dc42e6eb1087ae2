/** The platform of an app in a Durable Object. */
import { parseConfig, settingsOf } from '../../src/config.ts'
import type { ImmutableFiles } from '../../src/ports/assets.ts'
import { createLog } from '../../src/ports/log.ts'
import { createLogMailer } from '../../src/ports/mailer.ts'
import { createMetrics } from '../../src/ports/metrics.ts'
import { createLocalNotifier } from '../../src/ports/notifier.ts'
import type { AccountSettings, Platform } from '../../src/ports/platform.ts'
import { createObjectDatabase, type ObjectStorage } from '../durable-object/database.ts'
import { createApiMailer } from '../mail/api.ts'
import { createBoundAssets, type Fetcher } from './assets.ts'
import { createWorkerPasswords } from './passwords.ts'
import { createWebhookSender } from './webhooks.ts'

/** The bindings of `wrangler.toml`, and the variables of the configuration. */
export interface WorkerEnv extends Record<string, unknown> {
  GALLEY: { getByName(name: string): Fetcher }
  ASSETS?: Fetcher
  /** The Worker itself, at its entrypoint `Passwords`. */
  PASSWORDS?: Fetcher
}

export function createPlatform(env: WorkerEnv, storage: ObjectStorage, options: ImmutableFiles): Platform {
  return {
    database: createObjectDatabase(storage),
    ownsDatabase: true,
    notifier: createLocalNotifier(),
    accounts: createAccounts(env),
    assets: createBoundAssets(env.ASSETS, options),
    ...createEnvironment(env),
  }
}

/** The parts that the Worker in front needs, too. */
export function createEnvironment(env: WorkerEnv): Omit<Platform, 'database' | 'notifier' | 'assets' | 'accounts'> {
  const config = parseConfig(env)
  return {
    // Cloudflare checks the host names of a Worker.
    settings: { ...settingsOf(config), hosts: null },
    now: Date.now,
    random: (bytes) => crypto.getRandomValues(bytes),
    log: createLog({ level: config.LOG_LEVEL, write: (line) => console.log(line.trimEnd()), now: Date.now }),
    metrics: createMetrics(),
    connections: { heartbeatMs: null },
    webhooks: createWebhookSender(config.WEBHOOKS_ALLOW_PRIVATE),
    refusesOverload: true,
  }
}

function createAccounts(env: WorkerEnv): AccountSettings {
  const config = parseConfig(env)
  const { MAIL_API_URL: url, MAIL_API_TOKEN: token, MAIL_FROM: from, PUBLIC_URL, SIGN_UP: signUp } = config
  const { log } = createEnvironment(env)
  const mailer = url === '' ? createLogMailer(log) : createApiMailer({ url, token, from })
  return { passwords: createWorkerPasswords(env.PASSWORDS), mailer, publicUrl: () => PUBLIC_URL || null, signUp }
}
