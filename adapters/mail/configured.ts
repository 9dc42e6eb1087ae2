import type { Config } from '../../src/config.ts'
import { StartError } from '../../src/errors.ts'
import type { Log } from '../../src/ports/log.ts'
import { createLogMailer, type Mailer } from '../../src/ports/mailer.ts'
import { createApiMailer } from './api.ts'

/**
 * The mailer that the configuration asks for: SMTP, an HTTP API, or the log.
 * @throws StartError when the sender is missing
 */
export function createMailer(config: Config, log: Log): Mailer {
  const { SMTP_URL, MAIL_API_URL: url, MAIL_API_TOKEN: token, MAIL_FROM: from } = config
  if (SMTP_URL === '' && url === '') return createLogMailer(log)
  if (from === '') throw new StartError('Set MAIL_FROM to the address that sends mail.')
  return SMTP_URL === '' ? createApiMailer({ url, token, from }) : createSmtp(SMTP_URL, from)
}

/** Loads the SMTP client with the first email, so that the start does not wait for it. */
function createSmtp(url: string, from: string): Mailer {
  let mailer: Promise<Mailer> | null = null
  return {
    async send(mail) {
      mailer ??= import('./smtp.ts').then(({ createSmtpMailer }) => createSmtpMailer({ url, from }))
      await (await mailer).send(mail)
    },
  }
}
