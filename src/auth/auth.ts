/** Accounts: sign-in, sessions, API keys, and the identity behind each request. */

import type { Background } from '../database/cleanup.ts'
import { createIds } from '../database/id.ts'
import { runAll } from '../database/steps.ts'
import type { Commit } from '../http/commit.ts'
import { type SchemaAt, ValidatedRoutes } from '../http/validated-routes.ts'
import type { AccountSettings, Platform } from '../ports/platform.ts'
import type { Identities } from '../request/identity.ts'
import { createAudit } from './audit.ts'
import { createAccountCleanup } from './cleanup.ts'
import { createCredentials } from './credentials.ts'
import type { AuthDependencies } from './dependencies.ts'
import { createLaterMail } from './later-mail.ts'
import { createPasswordQueue } from './password-queue.ts'
import { createAccountRoutes } from './routes/account.ts'
import { createAdministrationRoutes } from './routes/administration.ts'
import { createKeyRoutes } from './routes/keys.ts'
import { createResetRoutes } from './routes/resets.ts'
import { createSessionRoutes } from './routes/sessions.ts'
import { createSignInRoutes } from './routes/sign-in.ts'
import { createSignUpRoutes } from './routes/sign-up.ts'
import { createVerificationRoutes } from './routes/verification.ts'
import { insertCode, trimCodes } from './store/administrator-codes.ts'
import { createThrottle } from './throttle.ts'
import { createTokens } from './token.ts'

export interface AuthOptions extends AccountSettings {
  platform: Pick<Platform, 'database' | 'now' | 'random' | 'log'>
  commit: Commit
}

export interface Auth {
  identities: Identities
  /** For `/api/auth`. */
  routes: AccountRoutes
  /** For `/api/admin`. */
  adminRoutes: AdministrationRoutes
  /**
   * Call it once the tables exist. While there is no administrator it returns a one-time code, with which a sign-up becomes
   * one. Show it to the operator only. Null when there is an administrator.
   */
  start(): Promise<string | null>
  /** Deletes expired data. */
  cleanUp(background: Background): Promise<void>
}

type AccountRoutes = ReturnType<typeof createRoutes>
type AdministrationRoutes = ReturnType<typeof createAdministrationRoutes>

/** The schema of all routes of accounts, for `hc`. */
export type AccountSchema = SchemaAt<'/api/auth', AccountRoutes> & SchemaAt<'/api/admin', AdministrationRoutes>

export function createAuth({ platform, ...options }: AuthOptions): Auth {
  const { database, now, random, log } = platform
  const credentials = createCredentials(platform)
  const throttle = createThrottle(platform)
  const makeToken = createTokens(platform)
  const dependencies: AuthDependencies = {
    ...options,
    database,
    now,
    credentials,
    throttle,
    passwordQueue: createPasswordQueue(platform),
    makeToken,
    audit: createAudit(platform),
    newId: createIds(now, random),
    later: createLaterMail(options, (error) => log.problem({ error })),
  }
  return {
    identities: credentials,
    routes: createRoutes(dependencies),
    adminRoutes: createAdministrationRoutes(dependencies),
    async start() {
      const { token, hash } = await makeToken('administrator')
      const [inserted] = await database.write(() => runAll(insertCode(hash, now()), trimCodes()))
      return inserted?.length === 1 ? token : null
    },
    cleanUp: createAccountCleanup(platform, throttle),
  }
}

function createRoutes(dependencies: AuthDependencies) {
  return new ValidatedRoutes()
    .route('/', createSignUpRoutes(dependencies))
    .route('/', createSignInRoutes(dependencies))
    .route('/', createVerificationRoutes(dependencies))
    .route('/', createSessionRoutes(dependencies))
    .route('/', createKeyRoutes(dependencies))
    .route('/', createAccountRoutes(dependencies))
    .route('/', createResetRoutes(dependencies))
}
