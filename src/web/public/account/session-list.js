import { dayOf, minuteOf } from '../shared/dates.js'
import { find, say } from '../shared/dom.js'
import { call } from '../shared/http-api.js'
import { deviceOf } from './device-names.js'
import { RevocableList } from './revocable-list.js'

/** @typedef {{ id: string, createdAt: string, lastSeenAt: string, expiresAt: string, address: string | null, agent: string, current: boolean }} Session */

/** The user's sessions. */
export class SessionList extends RevocableList {
  #endOthers = find(document, '#end-others', HTMLButtonElement)

  constructor() {
    super(find(document, '#sessions', HTMLElement), '/api/auth/sessions')
    this.#endOthers.addEventListener('click', () => this.attempt(() => this.#endAll()))
  }

  /** @override @param {Session} session */
  describe({ agent, address, createdAt, lastSeenAt, expiresAt, current }) {
    const title = deviceOf(agent)
    const from = address ? `from ${address}` : ''
    const since = `since ${dayOf(createdAt)}`
    const seen = current ? '' : `last seen ${minuteOf(lastSeenAt)}`
    const about = [from, since, seen, `until ${dayOf(expiresAt)}`].filter(Boolean).join(' · ')
    const badge = current ? 'this one' : ''
    return { title, badge, about, action: current ? '' : 'End', actionLabel: `End the session of ${title}` }
  }

  /** @override @param {Session[]} sessions */
  loaded(sessions) {
    this.#endOthers.hidden = sessions.length < 2
  }

  /** @override @param {Session} _session @param {string} title */
  async revoked(_session, title) {
    say(`The session of ${title} has ended.`)
  }

  async #endAll() {
    await call('DELETE', '/api/auth/sessions')
    this.frame.focus()
    this.load()
    say('All other sessions have ended.')
  }
}
