import { call } from './api.js'
import { Area } from './area.js'
import { copy, find, say } from './dom.js'

/** @typedef {{ title: string, badge: string, about: string, deed: string, deedLabel: string }} Words */

/** A list of things that end: sessions and keys. */
export class AccountList extends Area {
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
      this.counted(data)
    })
  }

  /** @param {any} _row @returns {Words} */
  words(_row) {
    throw new Error('An heir knows.')
  }

  /** Whether it is to be ended, which may need a question. @param {any} _row */
  async isSure(_row) {
    return true
  }

  /** @param {any} row @param {string} _title */
  async ended(row, _title) {
    say(`${this.words(row).title} has ended.`)
  }

  /** @param {any[]} _rows */
  counted(_rows) {}

  /** @param {any} row */
  #row(row) {
    const { title, badge, about, deed, deedLabel } = this.words(row)
    const item = copy(this.#template)
    const button = find(item, 'button', HTMLButtonElement)
    const sign = find(item, '.badge', HTMLElement)
    find(item, 'b', HTMLElement).textContent = title
    find(item, '.quiet', HTMLElement).textContent = about
    sign.textContent = badge
    sign.hidden = !badge
    button.textContent = deed
    button.ariaLabel = deedLabel
    button.hidden = !deed
    const area = new Area(item, button)
    button.addEventListener('click', () => area.attempt(() => this.#end(row, title)))
    return item
  }

  /** @param {{ id: string }} row @param {string} title */
  async #end(row, title) {
    if (!(await this.isSure(row))) return
    await call('DELETE', `${this.#path}/${row.id}`).catch((error) => {
      // It has ended already.
      if (error.status !== 404) throw error
    })
    this.frame.focus()
    await this.ended(row, title)
    this.load()
  }
}
