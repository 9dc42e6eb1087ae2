import type { Log } from './log.ts'

/** An email of plain text. */
export interface Mail {
  to: string
  subject: string
  text: string
}

/** Sends email. A failure rejects and is logged; nothing is retried, because the user will ask again. */
export interface Mailer {
  send(mail: Mail): Promise<void>
}

/** Creates a mailer that writes email to the log, for development. */
export function createLogMailer(log: Pick<Log, 'note'>): Mailer {
  return {
    async send({ to, subject, text }) {
      log.note('info', `No mailer is configured. Email to ${to}: ${subject}`, { text })
    },
  }
}
