import type { Commit } from '../middleware/idempotency.ts'
import type { Platform } from '../platform.ts'
import type { Audit } from './audit.ts'
import type { Credentials } from './credentials.ts'
import type { Crowd } from './crowd.ts'
import type { Mailer } from './mailer.ts'
import type { Passwords } from './passwords.ts'
import type { Throttle } from './throttle.ts'
import type { MakeToken } from './token.ts'

/** What the routes of accounts work with. */
export interface Tools extends Pick<Platform, 'database' | 'now'> {
  passwords: Passwords
  mailer: Mailer
  commit: Commit
  throttle: Throttle
  crowd: Crowd
  audit: Audit
  credentials: Credentials
  makeToken: MakeToken
  newId(): string
  /** Where the server is reached, as in `https://app.example`, for links in mail; null where nobody said. */
  publicUrl: string | null
  /** Tells of an error that no request is to be told of. */
  problem(error: unknown): void
}
