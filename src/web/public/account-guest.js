/** The ways in: sign in, sign up, a new password. */
import { call } from './api.js'
import { Refusal } from './area.js'
import { find, say } from './dom.js'
import { FieldForm } from './field-form.js'

/** @typedef {import('./account-session.js').AccountSession} AccountSession */

const ways = ['sign-in', 'sign-up', 'forgot']
const ownPage = /^\/(chat|admin)?(#\w*)?$/

export class Guest {
  #account
  #frame = find(document, '#guest', HTMLElement)
  #forms = new Map(ways.map((id) => [id, find(document, `#${id}`, HTMLFormElement)]))
  #sent = find(document, '#sent', HTMLElement)
  #signIn
  #signUp
  #forgot

  /** @param {AccountSession} account */
  constructor(account) {
    this.#account = account
    this.#signIn = new FieldForm(this.#form('sign-in'), () => this.#enter('sign-in', this.#signIn, {}))
    this.#signUp = new FieldForm(this.#form('sign-up'), () => this.#enter('sign-up', this.#signUp, this.#code()))
    this.#forgot = new FieldForm(this.#form('forgot'), () => this.#askForLetter())
    find(document, '#plain', HTMLElement).hidden = isSecureContext
    addEventListener('hashchange', () => this.#visit())
    this.#takeCode()
  }

  show() {
    this.#frame.hidden = false
    this.#visit()
  }

  hide() {
    this.#frame.hidden = true
    for (const form of [this.#signIn, this.#signUp, this.#forgot]) form.reset()
    this.#sent.hidden = true
  }

  /** @param {string} id */
  #form(id) {
    return find(document, `#${id}`, HTMLFormElement)
  }

  /** Opens the form that the address names. */
  #visit() {
    if (this.#frame.hidden) return
    if (location.hash.startsWith('#code=')) this.#takeCode()
    const way = ways.find((id) => `#${id}` === location.hash) ?? 'sign-in'
    for (const [id, form] of this.#forms) form.hidden = id !== way
    for (const link of this.#frame.querySelectorAll('.ways > a')) {
      link.ariaCurrent = link.getAttribute('href') === `#${way}` ? 'page' : null
    }
    const email = [...this.#forms.values()].map(({ elements }) => field(elements, 'email').value).find(Boolean)
    const input = field(this.#form(way).elements, 'email')
    // Who has typed the address once need not do so again.
    input.value ||= email ?? ''
    const next = input.value && way !== 'forgot' ? field(this.#form(way).elements, 'password') : input
    next.focus()
  }

  /** A code in the address goes into the form, and out of sight. */
  #takeCode() {
    const [, code] = /^#code=(.+)$/.exec(location.hash) ?? []
    if (!code) return
    field(this.#form('sign-up').elements, 'code').value = decodeURIComponent(code)
    find(this.#form('sign-up'), 'details', HTMLDetailsElement).open = true
    history.replaceState(null, '', `${location.pathname}${location.search}#sign-up`)
  }

  #code() {
    const code = this.#signUp.value('code').trim()
    return code ? { code } : {}
  }

  /** @param {'sign-in' | 'sign-up'} way @param {FieldForm} form @param {object} more */
  async #enter(way, form, more) {
    const body = { email: form.value('email'), password: form.value('password'), ...more }
    await call('POST', `/api/auth/${way}`, {}, body).catch(kindly)
    await this.#account.changed()
    if (!this.#account.me) throw new Refusal(unkept(), 401)
    const to = new URLSearchParams(location.search).get('to')
    if (to && ownPage.test(to)) location.assign(to)
    else history.replaceState(null, '', location.pathname)
  }

  async #askForLetter() {
    this.#sent.hidden = true
    await call('POST', '/api/auth/reset', {}, { email: this.#forgot.value('email') })
    this.#sent.hidden = false
    say('If there is an account with this address, a letter is on its way.')
  }
}

/** @param {HTMLFormControlsCollection} elements @param {string} name */
function field(elements, name) {
  return /** @type {HTMLInputElement} */ (elements.namedItem(name))
}

/** @param {Refusal} error @returns {never} */
function kindly(error) {
  if (error.status === 400 && !isSecureContext) {
    throw new Refusal(
      'The server sets no cookie on a connection that is not encrypted. Open this page by https://.',
      400,
    )
  }
  throw error
}

function unkept() {
  const why =
    location.protocol === 'http:'
      ? 'Some, such as Safari, keep none on http://localhost. Use another browser here, or HTTPS.'
      : 'Allow cookies for this site, and try again.'
  return `That was right, but your browser did not keep the cookie. ${why}`
}
