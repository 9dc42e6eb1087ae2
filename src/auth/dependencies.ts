import type { Commit } from '../http/idempotency.ts'
import type { Mailer } from '../ports/mailer.ts'
import type { Passwords } from '../ports/passwords.ts'
import type { Platform } from '../ports/platform.ts'
import type { Audit } from './audit.ts'
import type { Credentials } from './credentials.ts'
import type { KeyedQueue } from './keyed-queue.ts'
import type { Throttle } from './throttle.ts'
import type { MakeToken } from './token.ts'

/** What the routes of accounts work with. */
export interface Dependencies extends Pick<Platform, 'database' | 'now'> {
  passwords: Passwords
  mailer: Mailer
  commit: Commit
  throttle: Throttle
  passwordQueue: KeyedQueue
  audit: Audit
  credentials: Credentials
  makeToken: MakeToken
  newId(): string
  /** Where the server is reached, as in `https://app.example`, for links in mail; null where nobody said. */
  publicUrl: string | null
  /** Tells of an error that no request is to be told of. */
  problem(error: unknown): void
}
