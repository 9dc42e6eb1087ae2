// @ts-check
import { Guest } from './account-guest.js'
import { Keys } from './account-keys.js'
import { AccountSession } from './account-session.js'
import { Sessions } from './account-sessions.js'
import { call } from './api.js'
import { Area } from './area.js'
import { find, say } from './dom.js'
import { FieldForm } from './field-form.js'
import { dayOf } from './when.js'

const deck = find(document, '#deck', HTMLElement)
const home = find(document, '#home', HTMLElement)
const notice = find(document, '#notice', HTMLElement)
const title = find(document, '#who-title', HTMLElement)
const signOutButton = find(document, '#sign-out', HTMLButtonElement)

const account = new AccountSession()
const page = new Area(deck, deck)
const who = new Area(find(document, '#who', HTMLElement), signOutButton)
const guest = new Guest(account)
const sessions = new Sessions()
const keys = new Keys()
const password = new FieldForm(find(document, '#change-password', HTMLFormElement), changePassword)
const leaving = new FieldForm(find(document, '#delete-account', HTMLFormElement), leave)

/** Who was shown last; undefined for nobody yet. */
let shown = /** @type {string | null | undefined} */ (undefined)
/** What is said when nobody is signed in any more. */
let farewell = ''

function show() {
  const { me } = account
  page.hideProblem()
  home.hidden = !me
  if (me) showHome(me)
  else showGuest()
  shown = me?.id ?? null
}

/** @param {import('./account-session.js').Me} me */
function showHome(me) {
  guest.hide()
  const isAdmin = me.role === 'admin'
  title.textContent = me.email
  find(document, '#who-since', HTMLElement).textContent = `${roleText(me.role)} since ${dayOf(me.createdAt)}`
  find(document, '#to-admin', HTMLElement).hidden = !isAdmin
  for (const input of home.querySelectorAll('[name="username"]')) input.setAttribute('value', me.email)
  sessions.load()
  keys.load()
  void keys.offerScopes(isAdmin)
  if (shown === me.id) return
  tell('')
  if (shown === null) {
    title.focus()
    say(`You are signed in as ${me.email}.`)
  }
}

function showGuest() {
  const wasIn = Boolean(shown)
  if (wasIn) tell(farewell || 'Your session has ended. Sign in again to go on.')
  farewell = ''
  keys.forgetSecret()
  password.reset()
  leaving.reset()
  if (shown !== null) guest.show()
}

/** @param {string} role */
function roleText(role) {
  return { user: 'A user', admin: 'An administrator' }[role] ?? `With the role “${role}”`
}

/** @param {string} text */
function tell(text) {
  notice.textContent = text
  notice.hidden = !text
  if (text) say(text)
}

async function signOut() {
  await part('You are signed out.', call('POST', '/api/auth/sign-out'))
}

/** @param {string} words @param {Promise<void>} deed */
async function part(words, deed) {
  // The connection may hear of it before the answer is here.
  farewell = words
  await deed.catch((error) => {
    farewell = ''
    throw error
  })
  await account.changed()
}

async function changePassword() {
  const body = { password: password.value('password'), newPassword: password.value('newPassword') }
  await call('POST', '/api/auth/password', {}, body)
  password.reset()
  sessions.load()
  tell('Your password is changed, and all other sessions have ended.')
  notice.scrollIntoView({ block: 'nearest' })
}

async function leave() {
  const body = { password: leaving.value('password') }
  await part('Your account is deleted.', call('DELETE', '/api/auth/me', {}, body))
}

account.addEventListener('change', show)
signOutButton.addEventListener('click', () => who.attempt(signOut))
page.attempt(() => account.look())
