// @ts-check

import { KeyList } from './account/key-list.js'
import { SessionList } from './account/session-list.js'
import { SignInForms } from './account/sign-in-forms.js'
import { Verification } from './account/verification.js'
import { ActionArea } from './shared/action-area.js'
import { CurrentAccount } from './shared/current-account.js'
import { dayOf } from './shared/dates.js'
import { find, say } from './shared/dom.js'
import { FieldForm } from './shared/field-form.js'
import { call } from './shared/http-api.js'

const deck = find(document, '#deck', HTMLElement)
const home = find(document, '#home', HTMLElement)
const notice = find(document, '#notice', HTMLElement)
const title = find(document, '#who-title', HTMLElement)
const signOutButton = find(document, '#sign-out', HTMLButtonElement)

const account = new CurrentAccount()
const page = new ActionArea(deck, deck)
const summary = new ActionArea(find(document, '#who', HTMLElement), signOutButton)
const signInForms = new SignInForms(account)
const verification = new Verification(account)
const sessions = new SessionList()
const keys = new KeyList()
const password = new FieldForm(find(document, '#change-password', HTMLFormElement), changePassword)
const deletion = new FieldForm(find(document, '#delete-account', HTMLFormElement), deleteAccount)

/** The id of the user shown last, null for a signed-out page; undefined before the first. */
let shown = /** @type {string | null | undefined} */ (undefined)
/** The notice after signing out. */
let signOutNotice = ''

function show() {
  const { me } = account
  page.hideProblem()
  home.hidden = !me
  if (me) showHome(me)
  else showSignedOut()
  shown = me?.id ?? null
}

/** @param {import('./shared/current-account.js').Me} me */
function showHome(me) {
  signInForms.hide()
  const isAdmin = me.role === 'admin'
  title.textContent = me.email
  find(document, '#who-since', HTMLElement).textContent = `${roleText(me.role)} since ${dayOf(me.createdAt)}`
  find(document, '#to-admin', HTMLElement).hidden = !isAdmin
  for (const input of home.querySelectorAll('[name="username"]')) input.setAttribute('value', me.email)
  verification.show(me)
  sessions.load()
  keys.load()
  void keys.showScopes(isAdmin)
  if (shown === me.id) return
  showNotice('')
  if (shown === null) {
    title.focus()
    say(`You are signed in as ${me.email}.`)
  }
}

function showSignedOut() {
  const wasSignedIn = Boolean(shown)
  if (wasSignedIn) showNotice(signOutNotice || 'Your session has ended. Sign in again to continue.')
  signOutNotice = ''
  keys.hideSecret()
  password.reset()
  deletion.reset()
  if (shown !== null) signInForms.show()
}

/** @param {string} role */
function roleText(role) {
  return { user: 'A user', admin: 'An administrator' }[role] ?? `With the role “${role}”`
}

/** @param {string} text */
function showNotice(text) {
  notice.textContent = text
  notice.hidden = !text
  if (text) say(text)
}

async function signOut() {
  await endSession('You are signed out.', call('POST', '/api/auth/sign-out'))
}

/** @param {string} text the notice afterwards @param {Promise<void>} request */
async function endSession(text, request) {
  // The connection may end before the response arrives.
  signOutNotice = text
  await request.catch((error) => {
    signOutNotice = ''
    throw error
  })
  await account.changed()
}

async function changePassword() {
  const body = { password: password.value('password'), newPassword: password.value('newPassword') }
  await call('POST', '/api/auth/password', {}, body)
  password.reset()
  sessions.load()
  showNotice('Your password is changed, and all other sessions have ended.')
  notice.scrollIntoView({ block: 'nearest' })
}

async function deleteAccount() {
  const body = { password: deletion.value('password') }
  await endSession('Your account is deleted.', call('DELETE', '/api/auth/me', {}, body))
}

account.addEventListener('change', show)
signOutButton.addEventListener('click', () => summary.attempt(signOut))
page.attempt(() => account.refresh())
