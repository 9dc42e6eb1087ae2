import { ActionArea, ApiError } from '../shared/action-area.js'
import { minuteOf } from '../shared/dates.js'
import { copy, find } from '../shared/dom.js'
import { call } from '../shared/http-api.js'
import { describeAction } from './audit-actions.js'

/** @typedef {import('../shared/account-link.js').User} User */
/** @typedef {import('./audit-actions.js').AuditEntry} AuditEntry */

/** The audit entries, newest first; of all accounts or of one user. */
export class AuditLog extends ActionArea {
  #list
  #more
  #empty
  #template = find(document, '#entry', HTMLTemplateElement)
  #about = find(document, '#about', HTMLElement)
  #user = /** @type {User | null} */ (null)
  #next = /** @type {string | null} */ (null)
  #newestLoad = 0
  isLoaded = false
  /** Addresses by id. */
  #emails = /** @type {Map<string, string>} */ (new Map())

  constructor() {
    const frame = find(document, '#audit', HTMLElement)
    super(frame, frame)
    this.#list = find(frame, '.rows', HTMLElement)
    this.#more = find(frame, '.more', HTMLButtonElement)
    this.#empty = find(frame, '.empty', HTMLElement)
    this.#more.addEventListener('click', () => this.load(this.#next))
    find(document, '#newest', HTMLElement).addEventListener('click', () => this.load())
    this.#about.addEventListener('change', () => this.load())
    find(this.#about, 'button', HTMLElement).addEventListener('click', () => this.showUser(null))
  }

  /** Shows only the entries of one user; null for all. @param {User | null} user */
  showUser(user) {
    this.#user = user
    this.#about.hidden = !user
    find(this.#about, 'legend', HTMLElement).textContent = user ? `Entries of ${user.email}:` : ''
    this.frame.scrollIntoView({ block: 'start' })
    this.frame.focus({ preventScroll: true })
    this.load()
  }

  /** @param {User[]} users */
  addUsers(users) {
    for (const { id, email } of users) this.#emails.set(id, email)
  }

  /** @param {string | null} [cursor] */
  load(cursor = null) {
    const ownLoad = ++this.#newestLoad
    this.attempt(async () => {
      if (ownLoad !== this.#newestLoad) return
      this.isLoaded = true
      const { data, next } = await call('GET', `/api/admin/audit?${this.#query(cursor)}`)
      await this.#loadUsers(data)
      const rows = data.map((/** @type {AuditEntry} */ entry) => this.#row(entry))
      if (cursor) this.#list.append(...rows)
      else this.#list.replaceChildren(...rows)
      this.#next = next
      this.#more.hidden = !next
      this.#empty.hidden = this.#list.childElementCount > 0
    })
  }

  /** @param {string | null} cursor */
  #query(cursor) {
    const side = find(this.#about, ':checked', HTMLInputElement).value
    const filter = this.#user ? { [side]: this.#user.id } : {}
    return new URLSearchParams({ limit: '50', ...filter, ...(cursor && { cursor }) })
  }

  /** Loads the users that the entries name. @param {AuditEntry[]} entries */
  async #loadUsers(entries) {
    const ids = new Set(entries.flatMap(({ actor, subject }) => (actor ? [actor, subject] : [subject])))
    const unknown = [...ids].filter((id) => !this.#emails.has(id))
    await Promise.all(unknown.map((id) => this.#loadUser(id)))
  }

  /** If it fails, the entry shows the id. @param {string} id */
  async #loadUser(id) {
    try {
      this.addUsers([(await call('GET', `/api/admin/users/${id}`)).data])
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.#emails.set(id, `a deleted account (${id})`)
    }
  }

  /** @param {AuditEntry} entry */
  #row(entry) {
    const item = copy(this.#template)
    const time = find(item, 'time', HTMLTimeElement)
    const name = (/** @type {string} */ id) => this.#emails.get(id) ?? id
    const by =
      entry.actor === null
        ? 'by an anonymous client'
        : `by ${entry.actor === entry.subject ? 'the user' : name(entry.actor)}`
    find(item, '.action', HTMLElement).textContent = `${name(entry.subject)}: ${describeAction(entry)}`
    find(item, '.quiet', HTMLElement).textContent = entry.address ? `${by}, from ${entry.address}` : by
    time.dateTime = entry.at
    time.textContent = minuteOf(entry.at)
    return item
  }

  clear() {
    this.isLoaded = false
    this.#list.replaceChildren()
  }
}
