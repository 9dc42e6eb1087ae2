/** Who the session of a page is, shown as a link to the account. */
import { onAccountNews } from './account-news.js'
import { find, say } from './dom.js'
import { ask } from './session-api.js'

/** @typedef {import('./live.js').Live} Live */
/** @typedef {{ id: string, email: string, role: string, createdAt: string, disabledAt: string | null }} User */

/**
 * Keeps the link true, and begins a new session whenever another one may be who is signed in.
 * @param {Live} live @param {HTMLAnchorElement} link
 * @param {(user: User | null, isFirst: boolean) => void} changed told who it is, and again when it is somebody else
 */
export function showVisitor(live, link, changed) {
  let known = /** @type {string | null | undefined} */ (undefined)

  async function look() {
    if (live.user === known) return
    const user = live.user === null ? null : /** @type {User} */ ((await ask(live, 'GET', '/api/auth/me')).data)
    // Meanwhile it may be somebody else, who is looked at in turn.
    if (live.user !== (user?.id ?? null) || live.user === known) return
    const isFirst = known === undefined
    known = live.user
    paint(link, user)
    if (!isFirst) say(user ? `You are signed in as ${user.email}.` : 'You are signed out.')
    changed(user, isFirst)
  }

  live.addEventListener('status', () => {
    if (live.isLive) look().catch(() => {})
    // The session was signed out, revoked, or has another role now: whoever it is comes back as that.
    else if (live.status.code === 4401) live.renew()
  })
  onAccountNews(() => live.renew())
  link.addEventListener('click', () => {
    // Who signs in comes back here, to the same room.
    if (!known) link.href = `/account?to=${encodeURIComponent(location.pathname + location.hash)}`
  })
}

/** @param {HTMLAnchorElement} link @param {User | null} user */
function paint(link, user) {
  link.href = '/account'
  link.ariaLabel = user ? `Account of ${user.email}` : 'Sign in'
  link.title = link.ariaLabel
  find(link, 'span', HTMLElement).textContent = user?.email ?? 'Sign in'
}

/** What a person may be called for whom there is but an address. @param {User} user */
export function nameOf({ email }) {
  return email.slice(0, email.lastIndexOf('@')).slice(0, 60)
}
