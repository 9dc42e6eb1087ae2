// @ts-check
import { AccountSession } from './account-session.js'
import { Audit } from './admin-audit.js'
import { Users } from './admin-users.js'
import { Area } from './area.js'
import { find, say } from './dom.js'

const deck = find(document, '#deck', HTMLElement)
const home = find(document, '#home', HTMLElement)
const closed = find(document, '#closed', HTMLElement)
const visitor = find(document, '#visitor', HTMLAnchorElement)

const account = new AccountSession()
const page = new Area(deck, deck)
const audit = new Audit()
const users = new Users({
  changed: () => audit.load(),
  trail: (user) => audit.follow(user),
  known(some) {
    audit.learn(some)
    // After the users, whom it names then without asking for each of them.
    if (!audit.isLoaded) audit.load()
  },
})

function show() {
  const { me } = account
  const isAdmin = me?.role === 'admin'
  page.hideProblem()
  visitor.hidden = !me
  visitor.ariaLabel = `Account of ${me?.email}`
  find(visitor, 'span', HTMLElement).textContent = me?.email ?? ''
  home.hidden = !isAdmin
  closed.hidden = isAdmin
  if (isAdmin) open()
  else close(me?.email)
}

function open() {
  audit.clear()
  users.load()
}

/** @param {string | undefined} email of who is signed in */
function close(email) {
  users.clear()
  audit.clear()
  const text = email
    ? `You are signed in as ${email}, who does not administer this server.`
    : 'Sign in as one to see users and what was done to their accounts.'
  find(closed, 'p', HTMLElement).textContent = text
  find(closed, '.deeds', HTMLElement).hidden = Boolean(email)
  say(text)
}

account.addEventListener('change', show)
page.attempt(() => account.look())
