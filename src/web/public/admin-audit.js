import { call } from './api.js'
import { Area, Refusal } from './area.js'
import { deedOf } from './audit-words.js'
import { copy, find } from './dom.js'
import { minuteOf } from './when.js'

/** @typedef {import('./visitor.js').User} User */
/** @typedef {import('./audit-words.js').AuditEntry} AuditEntry */

/** What was done to accounts, the newest first, or what one user has to do with. */
export class Audit extends Area {
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
    find(this.#about, 'button', HTMLElement).addEventListener('click', () => this.follow(null))
  }

  /** Only what one user has to do with; null for all. @param {User | null} user */
  follow(user) {
    this.#user = user
    this.#about.hidden = !user
    find(this.#about, 'legend', HTMLElement).textContent = user ? `Only of ${user.email}:` : ''
    this.frame.scrollIntoView({ block: 'start' })
    this.frame.focus({ preventScroll: true })
    this.load()
  }

  /** @param {User[]} users */
  learn(users) {
    for (const { id, email } of users) this.#emails.set(id, email)
  }

  /** @param {string | null} [cursor] */
  load(cursor = null) {
    const mine = ++this.#newestLoad
    this.attempt(async () => {
      if (mine !== this.#newestLoad) return
      this.isLoaded = true
      const { data, next } = await call('GET', `/api/admin/audit?${this.#query(cursor)}`)
      await this.#ask(data)
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
    const only = this.#user ? { [side]: this.#user.id } : {}
    return new URLSearchParams({ limit: '50', ...only, ...(cursor && { cursor }) })
  }

  /** Who is named and not known yet; one who is gone keeps the id. @param {AuditEntry[]} entries */
  async #ask(entries) {
    const ids = new Set(entries.flatMap(({ actor, subject }) => (actor ? [actor, subject] : [subject])))
    const unknown = [...ids].filter((id) => !this.#emails.has(id))
    await Promise.all(unknown.map((id) => this.#find(id)))
  }

  /** Should it fail, the id stands for the user. @param {string} id */
  async #find(id) {
    try {
      this.learn([(await call('GET', `/api/admin/users/${id}`)).data])
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) this.#emails.set(id, `a deleted account (${id})`)
    }
  }

  /** @param {AuditEntry} entry */
  #row(entry) {
    const item = copy(this.#template)
    const time = find(item, 'time', HTMLTimeElement)
    const name = (/** @type {string} */ id) => this.#emails.get(id) ?? id
    const by =
      entry.actor === null
        ? 'by somebody not signed in'
        : `by ${entry.actor === entry.subject ? 'the user' : name(entry.actor)}`
    find(item, '.deed', HTMLElement).textContent = `${name(entry.subject)}: ${deedOf(entry)}`
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
