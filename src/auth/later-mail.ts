/** Emails whose sending no response waits for, so that its time tells nothing about an account. */
import { AppError } from '../errors.ts'
import { FairQueue } from '../limits/fair-queue.ts'
import type { Mail } from '../ports/mailer.ts'
import type { AccountSettings } from '../ports/platform.ts'

/** Emails being made or sent at a time. */
const runningMax = 16
/** Emails that wait. Each takes memory. */
const waitingMax = 1000

/**
 * Makes an email in a later turn and sends it. `make` returns null for none; its errors are logged. Networks take turns; when too
 * many emails wait, the largest network loses its newest, which is logged too. The response is the same in any case.
 * @param networks of the client, the narrowest first
 */
export type LaterMail = (networks: readonly string[], make: () => Promise<Mail | null>) => void

export function createLaterMail(
  { mailer }: Pick<AccountSettings, 'mailer'>,
  problem: (error: unknown) => void,
): LaterMail {
  const queue = new FairQueue({ runningMax, waitingMax })

  async function send(make: () => Promise<Mail | null>): Promise<void> {
    const mail = await make()
    if (mail !== null) await mailer.send(mail)
  }

  return (networks, make) => {
    setTimeout(() => queue.run('usual', networks.toReversed(), () => send(make)).catch(problem))
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
