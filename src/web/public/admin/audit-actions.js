/** @typedef {{ id: string, at: string, actor: string | null, action: string, subject: string, address: string | null, detail: Record<string, unknown> }} AuditEntry */

const names = /** @type {Record<string, string>} */ ({
  'account.created': 'account created',
  'account.deleted': 'account deleted',
  'account.disabled': 'account disabled',
  'account.enabled': 'account enabled',
  'role.changed': 'role changed',
  'session.created': 'signed in',
  'session.ended': 'session ended',
  'sessions.ended': 'sessions ended',
  'password.changed': 'password changed',
  'password.reset': 'password reset by email',
  'reset.requested': 'password reset requested',
  'key.created': 'API key created',
  'key.revoked': 'API key revoked',
})

/** Describes an audit entry in words. @param {AuditEntry} entry */
export function describeAction({ action, detail }) {
  const { role, from, to, name } = detail
  const text = names[action] ?? action
  if (action === 'role.changed') return `role changed from ${String(from)} to ${String(to)}`
  if (action === 'account.created' && role === 'admin') return `${text}, as administrator`
  return typeof name === 'string' ? `${text}, “${name}”` : text
}
