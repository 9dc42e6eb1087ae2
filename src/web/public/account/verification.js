import { ActionArea } from '../shared/action-area.js'
import { find, say } from '../shared/dom.js'
import { FieldForm } from '../shared/field-form.js'
import { call } from '../shared/http-api.js'

/** @typedef {import('../shared/current-account.js').CurrentAccount} CurrentAccount */
/** @typedef {import('../shared/current-account.js').Me} Me */

/** The section in which a user confirms the own email address, by a code that is emailed to it. */
export class Verification {
  #account
  #frame = find(document, '#verification', HTMLElement)
  #sent = find(document, '#verification-sent', HTMLElement)
  #form = find(document, '#verify', HTMLFormElement)
  #confirm = new FieldForm(this.#form, () => this.#verify())

  /** @param {CurrentAccount} account */
  constructor(account) {
    this.#account = account
    const button = find(document, '#request-verification', HTMLButtonElement)
    const request = new ActionArea(this.#frame, button)
    button.addEventListener('click', () => request.attempt(() => this.#send()))
    addEventListener('hashchange', () => this.#takeCode())
    this.#takeCode()
  }

  /** @param {Me} me */
  show({ verifiedAt }) {
    this.#frame.hidden = verifiedAt !== null
  }

  /** Moves the code of a followed link into the form, until its user has signed in. */
  #takeCode() {
    const code = new URLSearchParams(location.hash.slice(1)).get('verify')
    if (!code) return
    find(this.#form, 'input', HTMLInputElement).value = code
    this.#form.hidden = false
    history.replaceState(null, '', `${location.pathname}${location.search}`)
  }

  async #send() {
    await call('POST', '/api/auth/verify')
    this.#sent.hidden = false
    this.#form.hidden = false
    say('An email is on its way.')
  }

  async #verify() {
    await call('POST', '/api/auth/verify/confirm', {}, { code: this.#confirm.value('code').trim() })
    this.#confirm.reset()
    await this.#account.changed()
    say('Your email address is confirmed.')
  }
}
