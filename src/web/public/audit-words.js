/** @typedef {{ id: string, at: string, actor: string | null, action: string, subject: string, address: string | null, detail: Record<string, unknown> }} AuditEntry */

const words = /** @type {Record<string, string>} */ ({
  'account.created': 'account made',
  'account.deleted': 'account deleted',
  'account.disabled': 'account disabled',
  'account.enabled': 'account enabled',
  'role.changed': 'role changed',
  'session.created': 'signed in',
  'session.ended': 'session ended',
  'sessions.ended': 'sessions ended',
  'password.changed': 'password changed',
  'password.reset': 'new password set by a letter',
  'reset.requested': 'asked for a new password',
  'key.created': 'API key made',
  'key.revoked': 'API key revoked',
})

/** What was done, in words, with what matters of the detail. @param {AuditEntry} entry */
export function deedOf({ action, detail }) {
  const { role, from, to, name } = detail
  const deed = words[action] ?? action
  if (action === 'role.changed') return `role changed from ${String(from)} to ${String(to)}`
  if (action === 'account.created' && role === 'admin') return `${deed}, as administrator`
  return typeof name === 'string' ? `${deed}, “${name}”` : deed
}
