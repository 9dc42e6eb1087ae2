import { expect, test } from 'vitest'
import { createLaterMail } from '../../src/auth/later-mail.ts'
import type { Mail } from '../../src/ports/mailer.ts'

const mailTo = (to: string): Mail => ({ to, subject: '', text: '' })

test('a network with many emails delays those of others by its share, and loses its newest when too many wait', async () => {
  const sent: string[] = []
  const problems: unknown[] = []
  const gates: (() => void)[] = []
  const settled = Promise.withResolvers<void>()
  const mailer = {
    async send({ to }: Mail) {
      sent.push(to)
      await new Promise<void>((resolve) => gates.push(resolve))
    },
  }
  const later = createLaterMail({ mailer }, (error) => problems.push(error))
  for (let n = 0; n < 1200; n += 1) later(['192.0.2.1'], async () => mailTo(`many ${n}`))
  later(['192.0.2.2'], async () => {
    settled.resolve()
    return mailTo('one')
  })
  while (!sent.includes('one')) {
    await new Promise((resolve) => setTimeout(resolve))
    gates.shift()?.()
  }
  await settled.promise
  expect(sent.indexOf('one')).toBeLessThan(20)
  expect(problems).toHaveLength(1201 - 1000 - 16)
})
