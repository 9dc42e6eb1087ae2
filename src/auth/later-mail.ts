/** Emails whose sending no response waits for, so that its time tells nothing about an account. */
import { AppError } from '../errors.ts'
import type { Mail } from '../ports/mailer.ts'
import type { AccountSettings } from '../ports/platform.ts'

/** Emails being made or sent at a time. Each takes memory. */
const waitingMax = 100

/**
 * Makes an email in a later turn and sends it. `make` returns null for none; its errors are logged.
 * @throws AppError `busy` when too many wait
 */
export type LaterMail = (make: () => Promise<Mail | null>) => void

export function createLaterMail(
  { mailer }: Pick<AccountSettings, 'mailer'>,
  problem: (error: unknown) => void,
): LaterMail {
  let waiting = 0

  async function send(make: () => Promise<Mail | null>): Promise<void> {
    const mail = await make()
    if (mail !== null) await mailer.send(mail)
  }

  return (make) => {
    if (waiting >= waitingMax) throw new AppError('busy')
    waiting += 1
    setTimeout(() => {
      send(make)
        .catch(problem)
        .finally(() => {
          waiting -= 1
        })
    })
  }
}

/** Runs a write that stores a token for an email; false where there were too many emails already. */
export async function isStored(write: Promise<unknown>): Promise<boolean> {
  try {
    await write
    return true
  } catch (error) {
    if (error instanceof AppError && error.code === 'too_many_requests') return false
    throw error
  }
}
