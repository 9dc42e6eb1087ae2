import { call } from './api.js'
import { Area } from './area.js'
import { askFirst } from './ask-first.js'
import { copy, find, onSubmit, say } from './dom.js'
import { dayOf } from './when.js'

/** @typedef {import('./visitor.js').User} User */

const template = find(document, '#user', HTMLTemplateElement)

/** One user, and what an administrator does to one. */
class UserRow extends Area {
  #user
  #use
  #editor
  #input
  #roleButton

  /** @param {User} user @param {{ changed: () => void, trail: (user: User) => void }} use */
  constructor(user, use) {
    const frame = copy(template)
    const roleButton = find(frame, '.change-role', HTMLButtonElement)
    super(frame, roleButton)
    this.#user = user
    this.#use = use
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
    find(frame, '.end', HTMLElement).addEventListener('click', () => this.attempt(() => this.#endSessions()))
    find(frame, '.trail', HTMLElement).addEventListener('click', () => this.#use.trail(this.#user))
    onSubmit(this.#editor, () => this.attempt(() => this.#saveRole()))
    this.#editor.addEventListener('keydown', ({ key, isComposing }) => {
      if (key === 'Escape' && !isComposing) this.#close()
    })
  }

  #paint() {
    const { email, role, createdAt, disabledAt } = this.#user
    const off = find(this.frame, '.off', HTMLElement)
    const toggle = find(this.frame, '.toggle', HTMLButtonElement)
    find(this.frame, 'b', HTMLElement).textContent = email
    find(this.frame, '.role', HTMLElement).textContent = role
    find(this.frame, '.quiet', HTMLElement).textContent = `since ${dayOf(createdAt)}`
    off.hidden = disabledAt === null
    toggle.textContent = disabledAt === null ? 'Disable' : 'Enable'
    toggle.ariaLabel = `${toggle.textContent} ${email}`
    this.#roleButton.ariaLabel = `Role of ${email}`
    this.#input.ariaLabel = `New role of ${email}`
    find(this.frame, '.end', HTMLElement).ariaLabel = `End sessions of ${email}`
    find(this.frame, '.trail', HTMLElement).ariaLabel = `Audit of ${email}`
  }

  #open() {
    this.hideProblem()
    this.frame.classList.add('editing')
    this.#editor.hidden = false
    this.home = this.#input
    this.#input.value = this.#user.role
    this.#input.select()
  }

  #close() {
    this.frame.classList.remove('editing')
    this.#editor.hidden = true
    this.home = this.#roleButton
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
    const question = `Disable ${email}? All sessions end, and all API keys are revoked for good.`
    if (disabled && !(await askFirst(question, 'Disable'))) return
    await this.#change({ disabled })
    say(`${email} is ${disabled ? 'disabled' : 'enabled again'}.`)
  }

  /** @param {{ role?: string, disabled?: boolean }} change */
  async #change(change) {
    this.#user = (await call('PATCH', `/api/admin/users/${this.#user.id}`, {}, change)).data
    this.#paint()
    this.#use.changed()
  }

  async #endSessions() {
    await call('DELETE', `/api/admin/users/${this.#user.id}/sessions`)
    this.#use.changed()
    say(`All sessions of ${this.#user.email} have ended.`)
  }
}

/** All users, a page at a time. */
export class Users extends Area {
  #use
  #list
  #more
  #next = /** @type {string | null} */ (null)
  #roles = new Set(['admin', 'user'])

  /** @param {{ changed: () => void, trail: (user: User) => void, known: (users: User[]) => void }} use */
  constructor(use) {
    const frame = find(document, '#users', HTMLElement)
    super(frame, frame)
    this.#use = use
    this.#list = find(frame, '.rows', HTMLElement)
    this.#more = find(frame, '.more', HTMLButtonElement)
    this.#more.addEventListener('click', () => this.load(this.#next))
  }

  /** @param {string | null} [cursor] */
  load(cursor = null) {
    this.attempt(async () => {
      const query = new URLSearchParams({ limit: '50', ...(cursor && { cursor }) })
      const { data, next } = await call('GET', `/api/admin/users?${query}`)
      this.#use.known(data)
      const rows = data.map((/** @type {User} */ user) => new UserRow(user, this.#use).frame)
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
