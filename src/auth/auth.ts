/** Accounts: who there is, how they come in, and who is asking. */
import { Hono } from 'hono'
import { createIds } from '../database/id.ts'
import type { Commit } from '../http/idempotency.ts'
import type { Mailer } from '../ports/mailer.ts'
import type { Passwords } from '../ports/passwords.ts'
import type { Platform } from '../ports/platform.ts'
import type { Env } from '../request/context.ts'
import type { Identities } from '../request/identity.ts'
import { offerCode } from './administrator.ts'
import { createAudit } from './audit.ts'
import { createAccountCleanup } from './cleanup.ts'
import { createCredentials } from './credentials.ts'
import type { Dependencies } from './dependencies.ts'
import { createKeyedQueue } from './keyed-queue.ts'
import { createAdministrationRoutes } from './routes/administration.ts'
import { createOwnAccountRoutes } from './routes/own-account.ts'
import { createResetRoutes } from './routes/resets.ts'
import { createSessionRoutes } from './routes/sessions.ts'
import { createSignInRoutes } from './routes/sign-in.ts'
import { createThrottle } from './throttle.ts'
import { createTokens } from './token.ts'

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
  cleanUp(): Promise<void>
}

export function createAuth({ platform, ...options }: AuthOptions): Auth {
  const { database, now, random, log } = platform
  const credentials = createCredentials(platform)
  const throttle = createThrottle(platform)
  const makeToken = createTokens(platform)
  const tools: Dependencies = {
    ...options,
    database,
    now,
    credentials,
    throttle,
    passwordQueue: createKeyedQueue(),
    makeToken,
    audit: createAudit(platform),
    newId: createIds(now, random),
    problem: (error) => log.problem({ requestId: '', method: '', path: '', error }),
  }
  const routes = new Hono<Env>()
  for (const part of [createSignInRoutes, createSessionRoutes, createOwnAccountRoutes, createResetRoutes])
    routes.route('/', part(tools))
  return {
    identities: credentials,
    routes,
    adminRoutes: createAdministrationRoutes(tools),
    start: () => offerCode(database, makeToken, now()),
    cleanUp: createAccountCleanup(platform, throttle),
  }
}
