/** The link to the account, which shows the user of the page's connection. */
import { onAccountChange } from './account-events.js'
import { request } from './connection-api.js'
import { find, say } from './dom.js'

/** @typedef {import('/client/message-client.js').MessageClient} MessageClient */
/** @typedef {{ id: string, email: string, role: string, createdAt: string, disabledAt: string | null, verifiedAt: string | null }} User */

/**
 * Keeps the link up to date, and reconnects whenever another user may be signed in.
 * @param {MessageClient} client @param {HTMLAnchorElement} link
 * @param {(user: User | null, isFirst: boolean) => void} onUser called with the first user and after each change
 */
export function showAccountLink(client, link, onUser) {
  let shown = /** @type {string | null | undefined} */ (undefined)

  async function refresh() {
    if (client.user === shown) return
    const user = client.user === null ? null : /** @type {User} */ ((await request(client, 'GET', '/api/auth/me')).data)
    // The user may have changed meanwhile; that change has a refresh of its own.
    if (client.user !== (user?.id ?? null) || client.user === shown) return
    const isFirst = shown === undefined
    shown = client.user
    paint(link, user)
    if (!isFirst) say(user ? `You are signed in as ${user.email}.` : 'You are signed out.')
    onUser(user, isFirst)
  }

  client.addEventListener('status', () => {
    if (client.isConnected) refresh().catch(() => {})
    // The session ended or its user's role changed: reconnect with the current one.
    else if (client.status.code === 4401) client.reconnect()
  })
  onAccountChange(() => client.reconnect())
  link.addEventListener('click', () => {
    // Signing in returns to this page, and to the same room.
    if (!shown) link.href = `/account?to=${encodeURIComponent(location.pathname + location.hash)}`
  })
}

/** @param {HTMLAnchorElement} link @param {User | null} user */
function paint(link, user) {
  link.href = '/account'
  link.ariaLabel = user ? `Account of ${user.email}` : 'Sign in'
  link.title = link.ariaLabel
  find(link, 'span', HTMLElement).textContent = user?.email ?? 'Sign in'
}

/** A display name from the email address. @param {User} user */
export function nameOf({ email }) {
  return email.slice(0, email.lastIndexOf('@')).slice(0, 60)
}
