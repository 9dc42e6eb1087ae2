import { Area, Refusal } from './area.js'
import { find, onSubmit, say } from './dom.js'

/**
 * A row that is edited and deleted where it stands, and that others may change at the same time. What it
 * is of, its heirs know.
 * @template {{ id: string, version: number }} T
 */
export class Entry extends Area {
  /** @param {HTMLElement} frame @param {HTMLElement} home @param {string} noun @param {T} row */
  constructor(frame, home, noun, row) {
    super(frame, home)
    this.noun = noun
    this.row = row
    this.isGone = false
    /** What was heard of it while it was busy: null when it is gone. */
    this.heard = /** @type {T | null | undefined} */ (undefined)
    this.editButton = find(frame, '.edit', HTMLButtonElement)
    this.deleteButton = find(frame, '.delete', HTMLButtonElement)
    this.editor = find(frame, 'form', HTMLFormElement)
    this.input = /** @type {HTMLInputElement} */ (find(this.editor, 'input, textarea', HTMLElement))
    this.#listen()
  }

  #listen() {
    this.editButton.addEventListener('click', () => this.openEditor())
    this.deleteButton.addEventListener('click', () => this.attempt(() => this.delete()))
    find(this.editor, '.cancel', HTMLElement).addEventListener('click', () => this.closeEditor())
    this.editor.addEventListener('keydown', ({ key, isComposing }) => {
      if (key === 'Escape' && !isComposing) this.closeEditor()
    })
    onSubmit(this.editor, () => this.attempt(() => this.submit()))
  }

  /** What the editor edits. */
  get text() {
    return ''
  }

  /** How it reads now, as in “It now reads …”. */
  get reading() {
    return `“${this.text}”`
  }

  /** Whether it has a place in what is shown. */
  get belongs() {
    return true
  }

  paint() {}

  /** Stores what the editor holds. @returns {Promise<void>} */
  async submit() {}

  /**
   * @param {'GET' | 'PUT' | 'DELETE'} _method @param {Record<string, string>} [_headers] @param {object} [_body]
   * @returns {Promise<any>}
   */
  async send(_method, _headers, _body) {}

  openEditor() {
    this.hideProblem()
    this.home = this.input
    this.frame.classList.add('editing')
    this.editor.hidden = false
    this.input.value = this.text
    this.input.select()
  }

  closeEditor() {
    const focused = this.frame.contains(document.activeElement)
    this.frame.classList.remove('editing')
    this.editor.hidden = true
    if (focused) this.editButton.focus()
    this.hideProblem()
    this.home = this.editButton
    if (!this.belongs) this.leave()
  }

  async delete() {
    await this.#request('DELETE').catch((error) => {
      if (error.status !== 404) throw error
    })
    this.leave()
    say(`Deleted “${this.text}”.`)
  }

  /** @param {Partial<T>} change */
  async save(change) {
    try {
      const condition = { 'If-Match': `"${this.row.version}"` }
      this.row = (await this.#request('PUT', condition, change)).data
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 412)) throw error
      await this.#reconcile(change)
    } finally {
      this.paint()
    }
  }

  /** @param {Partial<T>} change */
  async #reconcile(change) {
    this.row = (await this.#request('GET')).data
    // When an answer got lost, the retry meets its own change, which is no conflict.
    const isOwn = Object.entries(change).every(([name, value]) => Reflect.get(this.row, name) === value)
    if (!isOwn) throw this.#changedElsewhere()
  }

  /** @param {'GET' | 'PUT' | 'DELETE'} method @param {Record<string, string>} [headers] @param {object} [body] */
  #request(method, headers, body) {
    return this.send(method, headers, body).catch((error) => {
      throw error.status === 404 ? this.#deletedElsewhere() : error
    })
  }

  /** Takes a change made elsewhere, or the echo of one made here; null when it is gone. @param {T | null} row */
  receive(row) {
    if (this.isBusy) this.heard = row
    else if (!row) this.#vanish()
    else if (row.version > this.row.version) this.#follow(row)
  }

  /** @override */
  settled() {
    const { heard } = this
    if (this.isBusy || this.isGone || heard === undefined) return
    this.heard = undefined
    this.receive(heard)
  }

  /** What somebody types here stays, and they are told. @param {T} row */
  #follow(row) {
    this.row = row
    this.paint()
    if (!this.editor.hidden) this.showProblem(this.#changedElsewhere())
    else if (!this.belongs) this.leave()
  }

  #vanish() {
    if (this.editor.hidden) this.leave()
    else this.showProblem(this.#deletedElsewhere())
  }

  #changedElsewhere() {
    return new Refusal(`Somebody else changed this ${this.noun}. It now reads ${this.reading}.`, 412)
  }

  #deletedElsewhere() {
    const remedy = { label: 'Remove from list', run: () => this.leave() }
    return new Refusal(`Somebody else deleted this ${this.noun}.`, 404, { remedy })
  }

  /** Goes, and leaves the focus with a neighbour. @returns whether there was a focus to leave */
  leave() {
    const focused = this.frame.contains(document.activeElement)
    const neighbour = this.frame.nextElementSibling ?? this.frame.previousElementSibling
    this.isGone = true
    this.frame.remove()
    if (focused) this.passFocus(neighbour)
  }

  /** @param {Element | null} _neighbour */
  passFocus(_neighbour) {}
}
