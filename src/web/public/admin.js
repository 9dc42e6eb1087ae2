// @ts-check

import { AuditLog } from './admin/audit-log.js'
import { JobList } from './admin/job-list.js'
import { UserList } from './admin/user-list.js'
import { ActionArea } from './shared/action-area.js'
import { CurrentAccount } from './shared/current-account.js'
import { find, say } from './shared/dom.js'

const deck = find(document, '#deck', HTMLElement)
const home = find(document, '#home', HTMLElement)
const denied = find(document, '#closed', HTMLElement)
const accountLink = find(document, '#account-link', HTMLAnchorElement)

const account = new CurrentAccount()
const page = new ActionArea(deck, deck)
const audit = new AuditLog()
const jobs = new JobList()
const users = new UserList({
  onChange: () => audit.load(),
  showAudit: (user) => audit.showUser(user),
  onLoad(loaded) {
    audit.addUsers(loaded)
    // After the users, so that it need not load them one by one.
    if (!audit.isLoaded) audit.load()
  },
})

function show() {
  const { me } = account
  const isAdmin = me?.role === 'admin'
  page.hideProblem()
  accountLink.hidden = !me
  accountLink.ariaLabel = `Account of ${me?.email}`
  find(accountLink, 'span', HTMLElement).textContent = me?.email ?? ''
  home.hidden = !isAdmin
  denied.hidden = isAdmin
  if (isAdmin) showHome()
  else showDenied(me?.email)
}

function showHome() {
  audit.clear()
  jobs.load()
  users.load()
}

/** @param {string | undefined} email of the signed-in user */
function showDenied(email) {
  users.clear()
  jobs.clear()
  audit.clear()
  const text = email
    ? `You are signed in as ${email}, which is not an administrator account.`
    : 'Sign in as one to see users and the audit log.'
  find(denied, 'p', HTMLElement).textContent = text
  find(denied, '.actions', HTMLElement).hidden = Boolean(email)
  say(text)
}

account.addEventListener('change', show)
page.attempt(() => account.refresh())
