import { notifyPages, onAccountChange } from './account-events.js'
import { ApiError } from './action-area.js'
import { call } from './http-api.js'
import { createPageClient } from './page-client.js'

/** @typedef {import('./account-link.js').User} User */
/** @typedef {User & { credential: { kind: string, id: string, expiresAt: string | null } }} Me */

/** The account that is signed in in this browser. Dispatches `change` after each refresh, whatever caused it. */
export class CurrentAccount extends EventTarget {
  /** null for an anonymous user; undefined until it is known. */
  me = /** @type {Me | null | undefined} */ (undefined)
  #client = /** @type {import('/client/message-client.js').MessageClient | null} */ (null)

  constructor() {
    super()
    onAccountChange(() => this.refresh().catch(() => {}))
  }

  /** @throws ApiError */
  async refresh() {
    this.me = await readMe()
    this.#updateConnection()
    this.dispatchEvent(new Event('change'))
  }

  /** Refreshes this page and the others after this page has signed in or out. */
  async changed() {
    await this.refresh()
    notifyPages()
  }

  /** The server closes a connection as soon as its session ends. */
  #updateConnection() {
    if (!this.me) this.#client?.close()
    else if (this.#client) this.#client.reconnect()
    else this.#client = this.#connect()
  }

  #connect() {
    const client = createPageClient()
    client.addEventListener('status', () => {
      if (client.status.code === 4401) this.refresh().catch(() => {})
    })
    return client
  }
}

async function readMe() {
  try {
    return /** @type {Me} */ ((await call('GET', '/api/auth/me')).data)
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}
