import type { Commit } from '../http/commit.ts'
import type { Mailer } from '../ports/mailer.ts'
import type { Passwords } from '../ports/passwords.ts'
import type { Platform } from '../ports/platform.ts'
import type { Audit } from './audit.ts'
import type { Credentials } from './credentials.ts'
import type { KeyedQueue } from './keyed-queue.ts'
import type { Throttle } from './throttle.ts'
import type { MakeToken } from './token.ts'

/** The dependencies of the routes of accounts. */
export interface AuthDependencies extends Pick<Platform, 'database' | 'now'> {
  passwords: Passwords
  mailer: Mailer
  commit: Commit
  throttle: Throttle
  passwordQueue: KeyedQueue
  audit: Audit
  credentials: Credentials
  makeToken: MakeToken
  newId(): string
  /** The server's address, such as `https://app.example`, for links in emails; null when not configured. */
  publicUrl: string | null
  /** Logs an error that no response reports. */
  problem(error: unknown): void
}
