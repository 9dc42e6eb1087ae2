import { onAccountNews, tellPages } from './account-news.js'
import { call } from './api.js'
import { Refusal } from './area.js'
import { connectPage } from './web-socket.js'

/** @typedef {import('./visitor.js').User} User */
/** @typedef {User & { credential: { kind: string, id: string, expiresAt: string | null } }} Me */

/** Who is signed in in this browser. Tells `change` when it is found out anew: here, by another page, or because the session was ended. */
export class AccountSession extends EventTarget {
  /** undefined until it is known. */
  me = /** @type {Me | null | undefined} */ (undefined)
  #live = /** @type {import('./live.js').Live | null} */ (null)

  constructor() {
    super()
    onAccountNews(() => this.look().catch(() => {}))
  }

  /** @throws Refusal when it can't be found out */
  async look() {
    this.me = await whoAmI()
    this.#follow()
    this.dispatchEvent(new Event('change'))
  }

  /** After this page itself has signed in or out. */
  async changed() {
    await this.look()
    tellPages()
  }

  /** A connection is the first to hear that the session has ended. */
  #follow() {
    if (!this.me) this.#live?.close()
    else if (this.#live) this.#live.renew()
    else this.#live = this.#connect()
  }

  #connect() {
    const live = connectPage()
    live.addEventListener('status', () => {
      if (live.status.code === 4401) this.look().catch(() => {})
    })
    return live
  }
}

async function whoAmI() {
  try {
    return /** @type {Me} */ ((await call('GET', '/api/auth/me')).data)
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) return null
    throw error
  }
}
