/** Access to topics whose rule is `nobody`. */
import { expect, test } from 'vitest'
import type { Identity } from '../../src/request/identity.ts'
import { createTopicRules, topic } from '../../src/topics/topic.ts'

const session: Identity = {
  userId: 'u',
  role: 'user',
  isVerified: false,
  scopes: null,
  credentialId: 'c',
  credential: 'session',
  expiresAtMs: null,
}
const rules = createTopicRules([topic('system'), topic('secret', { access: { read: 'nobody' } })])

test('a role called "nobody" does not match the rule "nobody"', () => {
  const barred = { ...session, role: 'nobody' }
  expect(() => rules.authorize('system', barred, 'publish')).toThrow()
  expect(() => rules.authorize('secret', barred)).toThrow()
})

test('an administrator’s key reads a topic with the rule `nobody` only with its scope', () => {
  const key: Identity = { ...session, role: 'admin', credential: 'key', scopes: ['todos:read'] }
  expect(() => rules.authorize('secret', { ...key, scopes: ['secret:read'] })).not.toThrow()
  expect(() => rules.authorize('secret', key)).toThrow()
})
