import type { Log } from './log.ts'

/** A letter of plain text. */
export interface Mail {
  to: string
  subject: string
  text: string
}

/** Sends mail. A failure rejects and is told of in the log; nothing is tried twice, because the user will ask again. */
export interface Mailer {
  send(mail: Mail): Promise<void>
}

/** Writes letters into the log, for development: whoever reads the log can read them. */
export function createLogMailer(log: Pick<Log, 'note'>): Mailer {
  return {
    async send({ to, subject, text }) {
      log.note('info', `No mail is set up. This would go to ${to}: ${subject}`, { text })
    },
  }
}
