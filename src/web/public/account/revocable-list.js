import { ActionArea } from '../shared/action-area.js'
import { copy, find, say } from '../shared/dom.js'
import { call } from '../shared/http-api.js'

/** @typedef {{ title: string, badge: string, about: string, action: string, actionLabel: string }} Description */

/** A list of rows that the user may revoke: sessions or API keys. */
export class RevocableList extends ActionArea {
  #path
  #list
  #template = find(document, '#row', HTMLTemplateElement)

  /** @param {HTMLElement} frame @param {string} path */
  constructor(frame, path) {
    super(frame, frame)
    this.#path = path
    this.#list = find(frame, '.rows', HTMLElement)
  }

  load() {
    this.attempt(async () => {
      const { data } = await call('GET', this.#path)
      this.#list.replaceChildren(...data.map((/** @type {any} */ row) => this.#row(row)))
      this.loaded(data)
    })
  }

  /** @param {any} _row @returns {Description} */
  describe(_row) {
    throw new Error('Each list describes its own rows.')
  }

  /** Asks for confirmation where it is needed. @param {any} _row */
  async confirmRevoke(_row) {
    return true
  }

  /** @param {any} row @param {string} _title */
  async revoked(row, _title) {
    say(`${this.describe(row).title} has ended.`)
  }

  /** @param {any[]} _rows */
  loaded(_rows) {}

  /** @param {any} row */
  #row(row) {
    const { title, badge, about, action, actionLabel } = this.describe(row)
    const item = copy(this.#template)
    const button = find(item, 'button', HTMLButtonElement)
    const badgeElement = find(item, '.badge', HTMLElement)
    find(item, 'b', HTMLElement).textContent = title
    find(item, '.quiet', HTMLElement).textContent = about
    badgeElement.textContent = badge
    badgeElement.hidden = !badge
    button.textContent = action
    button.ariaLabel = actionLabel
    button.hidden = !action
    const area = new ActionArea(item, button)
    button.addEventListener('click', () => area.attempt(() => this.#revoke(row, title)))
    return item
  }

  /** @param {{ id: string }} row @param {string} title */
  async #revoke(row, title) {
    if (!(await this.confirmRevoke(row))) return
    await call('DELETE', `${this.#path}/${row.id}`).catch((error) => {
      // It is revoked already.
      if (error.status !== 404) throw error
    })
    this.frame.focus()
    await this.revoked(row, title)
    this.load()
  }
}
