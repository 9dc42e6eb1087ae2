/** Accounts: who there is, how they come in, and who is asking. */
import { Hono } from 'hono'
import { createIds } from '../collections/id.ts'
import type { Env } from '../context.ts'
import type { Commit } from '../middleware/idempotency.ts'
import type { Platform } from '../platform.ts'
import { createAdministration } from './administration.ts'
import { offerCode } from './administrator.ts'
import { createAudit } from './audit.ts'
import { createCredentials } from './credentials.ts'
import { createCrowd } from './crowd.ts'
import { createHousekeeping } from './housekeeping.ts'
import type { Identities } from './identity.ts'
import type { Mailer } from './mailer.ts'
import { createOwnAccount } from './own-account.ts'
import type { Passwords } from './passwords.ts'
import { createResets } from './resets.ts'
import { createSessions } from './sessions.ts'
import { createSignIn } from './sign-in.ts'
import { createThrottle } from './throttle.ts'
import { createTokens } from './token.ts'
import type { Tools } from './tools.ts'

export interface AuthOptions {
  platform: Pick<Platform, 'database' | 'now' | 'random' | 'log'>
  passwords: Passwords
  mailer: Mailer
  commit: Commit
  /** Where the server is reached, as in `https://app.example`, for links in mail; null where nobody said. */
  publicUrl: string | null
}

export interface Auth {
  identities: Identities
  /** To be mounted at `/api/auth`. */
  routes: Hono<Env>
  /** To be mounted at `/api/admin`. */
  adminRoutes: Hono<Env>
  /**
   * To be called when the tables are there. While there is no administrator it gives a one-time code, which makes one of
   * whoever signs up with it: to be told to the operator and nobody else. Null when there is one.
   */
  start(): Promise<string | null>
  /** Lets go of what has expired. */
  tidy(): Promise<void>
}

export function createAuth({ platform, ...options }: AuthOptions): Auth {
  const { database, now, random, log } = platform
  const credentials = createCredentials(platform)
  const throttle = createThrottle(platform)
  const makeToken = createTokens(platform)
  const tools: Tools = {
    ...options,
    database,
    now,
    credentials,
    throttle,
    crowd: createCrowd(),
    makeToken,
    audit: createAudit(platform),
    newId: createIds(now, random),
    problem: (error) => log.problem({ requestId: '', method: '', path: '', error }),
  }
  const routes = new Hono<Env>()
  for (const part of [createSignIn, createSessions, createOwnAccount, createResets]) routes.route('/', part(tools))
  return {
    identities: credentials,
    routes,
    adminRoutes: createAdministration(tools),
    start: () => offerCode(database, makeToken, now()),
    tidy: createHousekeeping(platform, throttle),
  }
}
