import { ActionArea } from '../shared/action-area.js'
import { confirmAction } from '../shared/confirm.js'
import { dayOf } from '../shared/dates.js'
import { copy, find, onSubmit, say } from '../shared/dom.js'
import { call } from '../shared/http-api.js'

/** @typedef {import('../shared/account-link.js').User} User */

const template = find(document, '#user', HTMLTemplateElement)

/** A user, with the actions of an administrator. */
class UserRow extends ActionArea {
  #user
  #callbacks
  #editor
  #input
  #roleButton

  /** @param {User} user @param {{ onChange: () => void, showAudit: (user: User) => void }} callbacks */
  constructor(user, callbacks) {
    const frame = copy(template)
    const roleButton = find(frame, '.change-role', HTMLButtonElement)
    super(frame, roleButton)
    this.#user = user
    this.#callbacks = callbacks
    this.#roleButton = roleButton
    this.#editor = find(frame, 'form', HTMLFormElement)
    this.#input = find(frame, 'input', HTMLInputElement)
    this.#listen()
    this.#paint()
  }

  #listen() {
    const { frame } = this
    this.#roleButton.addEventListener('click', () => this.#open())
    find(frame, '.cancel', HTMLElement).addEventListener('click', () => this.#close())
    find(frame, '.toggle', HTMLElement).addEventListener('click', () => this.attempt(() => this.#toggle()))
    find(frame, '.end-sessions', HTMLElement).addEventListener('click', () => this.attempt(() => this.#endSessions()))
    find(frame, '.show-audit', HTMLElement).addEventListener('click', () => this.#callbacks.showAudit(this.#user))
    onSubmit(this.#editor, () => this.attempt(() => this.#saveRole()))
    this.#editor.addEventListener('keydown', ({ key, isComposing }) => {
      if (key === 'Escape' && !isComposing) this.#close()
    })
  }

  #paint() {
    const { email, role, createdAt, disabledAt, verifiedAt } = this.#user
    const disabledBadge = find(this.frame, '.disabled', HTMLElement)
    const toggle = find(this.frame, '.toggle', HTMLButtonElement)
    find(this.frame, 'b', HTMLElement).textContent = email
    find(this.frame, '.role', HTMLElement).textContent = role
    find(this.frame, '.quiet', HTMLElement).textContent =
      `since ${dayOf(createdAt)}${verifiedAt ? ', email confirmed' : ''}`
    disabledBadge.hidden = disabledAt === null
    toggle.textContent = disabledAt === null ? 'Disable' : 'Enable'
    toggle.ariaLabel = `${toggle.textContent} ${email}`
    this.#roleButton.ariaLabel = `Role of ${email}`
    this.#input.ariaLabel = `New role of ${email}`
    find(this.frame, '.end-sessions', HTMLElement).ariaLabel = `End sessions of ${email}`
    find(this.frame, '.show-audit', HTMLElement).ariaLabel = `Audit of ${email}`
  }

  #open() {
    this.hideProblem()
    this.frame.classList.add('editing')
    this.#editor.hidden = false
    this.focusTarget = this.#input
    this.#input.value = this.#user.role
    this.#input.select()
  }

  #close() {
    this.frame.classList.remove('editing')
    this.#editor.hidden = true
    this.focusTarget = this.#roleButton
    this.hideProblem()
    this.#roleButton.focus()
  }

  async #saveRole() {
    const role = this.#input.value.trim()
    if (role !== this.#user.role) await this.#change({ role })
    this.#close()
    say(`${this.#user.email} has the role ${this.#user.role}.`)
  }

  async #toggle() {
    const { email, disabledAt } = this.#user
    const disabled = disabledAt === null
    const question = `Disable ${email}? All sessions end, and all API keys are revoked permanently.`
    if (disabled && !(await confirmAction(question, 'Disable'))) return
    await this.#change({ disabled })
    say(`${email} is ${disabled ? 'disabled' : 'enabled again'}.`)
  }

  /** @param {{ role?: string, disabled?: boolean }} change */
  async #change(change) {
    this.#user = (await call('PATCH', `/api/admin/users/${this.#user.id}`, {}, change)).data
    this.#paint()
    this.#callbacks.onChange()
  }

  async #endSessions() {
    await call('DELETE', `/api/admin/users/${this.#user.id}/sessions`)
    this.#callbacks.onChange()
    say(`All sessions of ${this.#user.email} have ended.`)
  }
}

/** All users, loaded page by page. */
export class UserList extends ActionArea {
  #callbacks
  #list
  #more
  #next = /** @type {string | null} */ (null)
  #roles = new Set(['admin', 'user'])

  /** @param {{ onChange: () => void, showAudit: (user: User) => void, onLoad: (users: User[]) => void }} callbacks */
  constructor(callbacks) {
    const frame = find(document, '#users', HTMLElement)
    super(frame, frame)
    this.#callbacks = callbacks
    this.#list = find(frame, '.rows', HTMLElement)
    this.#more = find(frame, '.more', HTMLButtonElement)
    this.#more.addEventListener('click', () => this.load(this.#next))
  }

  /** @param {string | null} [cursor] */
  load(cursor = null) {
    this.attempt(async () => {
      const query = new URLSearchParams({ limit: '50', ...(cursor && { cursor }) })
      const { data, next } = await call('GET', `/api/admin/users?${query}`)
      this.#callbacks.onLoad(data)
      const rows = data.map((/** @type {User} */ user) => new UserRow(user, this.#callbacks).frame)
      if (cursor) this.#list.append(...rows)
      else this.#list.replaceChildren(...rows)
      this.#next = next
      this.#count(data)
      if (cursor) rows[0]?.querySelector('button')?.focus()
    })
  }

  /** @param {User[]} users */
  #count(users) {
    for (const { role } of users) this.#roles.add(role)
    const options = [...this.#roles].toSorted().map((role) => new Option(role))
    find(document, '#roles', HTMLElement).replaceChildren(...options)
    const shown = this.#list.childElementCount
    const text = `${shown}${this.#next ? '+' : ''} ${shown === 1 ? 'user' : 'users'}`
    find(document, '#users-count', HTMLElement).textContent = text
    this.#more.hidden = !this.#next
  }

  clear() {
    this.#list.replaceChildren()
  }
}
