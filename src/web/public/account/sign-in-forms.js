import { ApiError } from '../shared/action-area.js'
import { find, say } from '../shared/dom.js'
import { FieldForm } from '../shared/field-form.js'
import { call } from '../shared/http-api.js'

/** @typedef {import('../shared/current-account.js').CurrentAccount} CurrentAccount */

const formIds = ['sign-in', 'sign-up', 'forgot']
const ownPagePattern = /^\/(chat|admin)?(#\w*)?$/

/** The forms of a signed-out user: sign in, sign up, forgotten password. The fragment of the address names one. */
export class SignInForms {
  #account
  #frame = find(document, '#signed-out', HTMLElement)
  #forms = new Map(formIds.map((id) => [id, find(document, `#${id}`, HTMLFormElement)]))
  #sent = find(document, '#sent', HTMLElement)
  #codeSent = find(document, '#code-sent', HTMLElement)
  #signIn
  #signUp
  #forgot

  /** @param {CurrentAccount} account */
  constructor(account) {
    this.#account = account
    this.#signIn = new FieldForm(this.#form('sign-in'), () => this.#submit('sign-in', this.#signIn, {}))
    this.#signUp = new FieldForm(this.#form('sign-up'), () => this.#submit('sign-up', this.#signUp, this.#code()))
    this.#forgot = new FieldForm(this.#form('forgot'), () => this.#requestReset())
    find(document, '#plain', HTMLElement).hidden = isSecureContext
    addEventListener('hashchange', () => this.#showForm())
    this.#takeCode()
  }

  show() {
    this.#frame.hidden = false
    this.#showForm()
  }

  hide() {
    this.#frame.hidden = true
    for (const form of [this.#signIn, this.#signUp, this.#forgot]) form.reset()
    this.#sent.hidden = true
    this.#codeSent.hidden = true
  }

  /** @param {string} id */
  #form(id) {
    return find(document, `#${id}`, HTMLFormElement)
  }

  /** Shows the form that the fragment names. */
  #showForm() {
    if (this.#frame.hidden) return
    this.#takeCode()
    const shown = formIds.find((id) => `#${id}` === location.hash) ?? 'sign-in'
    for (const [id, form] of this.#forms) form.hidden = id !== shown
    for (const link of this.#frame.querySelectorAll('.tabs > a')) {
      link.ariaCurrent = link.getAttribute('href') === `#${shown}` ? 'page' : null
    }
    const email = [...this.#forms.values()].map(({ elements }) => field(elements, 'email').value).find(Boolean)
    const input = field(this.#form(shown).elements, 'email')
    // An email address typed into one form is kept in the others.
    input.value ||= email ?? ''
    const first = input.value && shown !== 'forgot' ? field(this.#form(shown).elements, 'password') : input
    first.focus()
  }

  /** Moves the code of a followed link, and the email address with it, from the fragment into the form. */
  #takeCode() {
    const link = new URLSearchParams(location.hash.slice(1))
    const code = link.get('code')
    if (!code) return
    const { elements } = this.#form('sign-up')
    field(elements, 'code').value = code
    field(elements, 'email').value = link.get('email') ?? ''
    find(this.#form('sign-up'), 'details', HTMLDetailsElement).open = true
    history.replaceState(null, '', `${location.pathname}${location.search}#sign-up`)
  }

  #code() {
    const code = this.#signUp.value('code').trim()
    return code ? { code } : {}
  }

  /** @param {'sign-in' | 'sign-up'} action @param {FieldForm} form @param {object} more */
  async #submit(action, form, more) {
    const body = { email: form.value('email'), password: form.value('password'), ...more }
    const { status } = await call('POST', `/api/auth/${action}`, {}, body).catch(explainPlainHttp)
    this.#codeSent.hidden = status !== 202
    if (status === 202) return say('An email is on its way. Sign up with its link.')
    await this.#account.changed()
    if (!this.#account.me) throw new ApiError(lostCookieMessage(), 401)
    const to = new URLSearchParams(location.search).get('to')
    if (to && ownPagePattern.test(to)) location.assign(to)
    else history.replaceState(null, '', location.pathname)
  }

  async #requestReset() {
    this.#sent.hidden = true
    await call('POST', '/api/auth/reset', {}, { email: this.#forgot.value('email') })
    this.#sent.hidden = false
    say('If there is an account with this address, an email is on its way.')
  }
}

/** @param {HTMLFormControlsCollection} elements @param {string} name */
function field(elements, name) {
  return /** @type {HTMLInputElement} */ (elements.namedItem(name))
}

/** @param {ApiError} error @returns {never} */
function explainPlainHttp(error) {
  if (error.status === 400 && !isSecureContext) {
    throw new ApiError('The server sets no cookie over an unencrypted connection. Open this page with https://.', 400)
  }
  throw error
}

function lostCookieMessage() {
  const hint =
    location.protocol === 'http:'
      ? 'Some, such as Safari, accept none on http://localhost. Use another browser, or HTTPS.'
      : 'Allow cookies for this site, and try again.'
  return `Signing in succeeded, but your browser did not store the cookie. ${hint}`
}
