import type { Commit } from '../http/commit.ts'
import type { AccountSettings, Platform } from '../ports/platform.ts'
import type { Audit } from './audit.ts'
import type { Credentials } from './credentials.ts'
import type { LaterMail } from './later-mail.ts'
import type { PasswordQueue } from './password-queue.ts'
import type { Throttle } from './throttle.ts'
import type { MakeToken } from './token.ts'

/** The dependencies of the routes of accounts. */
export interface AuthDependencies extends AccountSettings, Pick<Platform, 'database' | 'now'> {
  commit: Commit
  throttle: Throttle
  passwordQueue: PasswordQueue
  audit: Audit
  credentials: Credentials
  makeToken: MakeToken
  newId(): string
  later: LaterMail
}
