import { createPasswords } from '../../adapters/process/passwords.ts'
import type { Passwords } from '../../src/ports/passwords.ts'
import type { Platform } from '../../src/ports/platform.ts'

/** Cost parameters of scrypt for tests that hash many passwords: the usual ones take a quarter of a second of a core. */
export const cheap = { ln: 4, r: 8, p: 1 }

/** The beginning of passwords that `withFastPasswords` leaves to the platform. */
export const slow = 'slowly hashed '

/** The platform with a fast scrypt for all passwords but those that begin with `slow`. */
export function withFastPasswords(platform: Platform): Platform {
  const { accounts } = platform
  return accounts ? { ...platform, accounts: { ...accounts, passwords: besides(accounts.passwords) } } : platform
}

function besides(own: Passwords): Passwords {
  const fast = createPasswords({ cost: cheap })
  return {
    hash: (password) => (password.startsWith(slow) ? own : fast).hash(password),
    verify: (password, hash) => (hash !== null && own.isCurrent(hash) ? own : fast).verify(password, hash),
    isCurrent: (hash) => own.isCurrent(hash) || fast.isCurrent(hash),
  }
}
