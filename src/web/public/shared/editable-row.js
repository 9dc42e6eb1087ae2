import { ActionArea, ApiError } from './action-area.js'
import { find, onSubmit, say } from './dom.js'

/**
 * A row that is edited and deleted in place while others may change it. Subclasses say how it is shown and
 * stored. Changes that arrive while an action runs wait for its end.
 * @template {{ id: string, version: number }} T
 */
export class EditableRow extends ActionArea {
  /** A change that waits: null for a deletion. */
  #pending = /** @type {T | null | undefined} */ (undefined)
  #isRemoved = false

  /** @param {HTMLElement} frame @param {HTMLElement} focusTarget @param {string} noun @param {T} row */
  constructor(frame, focusTarget, noun, row) {
    super(frame, focusTarget)
    this.noun = noun
    this.row = row
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

  /** The text that the editor edits. */
  get text() {
    return ''
  }

  /** Its current content, as in “It now reads …”. */
  get description() {
    return `“${this.text}”`
  }

  /** True if the filter of the list shows it. */
  get matchesFilter() {
    return true
  }

  paint() {}

  /** Stores the text of the editor. @returns {Promise<void>} */
  async submit() {}

  /**
   * @param {'GET' | 'PUT' | 'DELETE'} _method @param {Record<string, string>} [_headers] @param {object} [_body]
   * @returns {Promise<any>}
   */
  async send(_method, _headers, _body) {}

  openEditor() {
    this.hideProblem()
    this.focusTarget = this.input
    this.frame.classList.add('editing')
    this.editor.hidden = false
    this.input.value = this.text
    this.input.select()
  }

  closeEditor() {
    const hasFocus = this.frame.contains(document.activeElement)
    this.frame.classList.remove('editing')
    this.editor.hidden = true
    if (hasFocus) this.editButton.focus()
    this.hideProblem()
    this.focusTarget = this.editButton
    if (!this.matchesFilter) this.remove()
  }

  async delete() {
    await this.#request('DELETE').catch((error) => {
      if (error.status !== 404) throw error
    })
    this.remove()
    say(`Deleted “${this.text}”.`)
  }

  /** @param {Partial<T>} change */
  async save(change) {
    try {
      const condition = { 'If-Match': `"${this.row.version}"` }
      this.row = (await this.#request('PUT', condition, change)).data
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 412)) throw error
      await this.#reconcile(change)
    } finally {
      this.paint()
    }
  }

  /** @param {Partial<T>} change */
  async #reconcile(change) {
    this.row = (await this.#request('GET')).data
    // After a lost response the retry finds its own change, which is no conflict.
    const isOwn = Object.entries(change).every(([name, value]) => Reflect.get(this.row, name) === value)
    if (!isOwn) throw this.#changedElsewhere()
  }

  /** @param {'GET' | 'PUT' | 'DELETE'} method @param {Record<string, string>} [headers] @param {object} [body] */
  #request(method, headers, body) {
    return this.send(method, headers, body).catch((error) => {
      throw error.status === 404 ? this.#deletedElsewhere() : error
    })
  }

  /** Applies a change made elsewhere, or the echo of an own one; null for a deletion. @param {T | null} row */
  receive(row) {
    if (this.isBusy) this.#pending = row
    else if (!row) this.#applyDeletion()
    else if (row.version > this.row.version) this.#applyChange(row)
  }

  /** @override */
  actionEnded() {
    const row = this.#pending
    if (this.isBusy || this.#isRemoved || row === undefined) return
    this.#pending = undefined
    this.receive(row)
  }

  /** Keeps the text in an open editor, and warns. @param {T} row */
  #applyChange(row) {
    this.row = row
    this.paint()
    if (!this.editor.hidden) this.showProblem(this.#changedElsewhere())
    else if (!this.matchesFilter) this.remove()
  }

  #applyDeletion() {
    if (this.editor.hidden) this.remove()
    else this.showProblem(this.#deletedElsewhere())
  }

  #changedElsewhere() {
    return new ApiError(`Somebody else changed this ${this.noun}. It now reads ${this.description}.`, 412)
  }

  #deletedElsewhere() {
    const remedy = { label: 'Remove from list', run: () => this.remove() }
    return new ApiError(`Somebody else deleted this ${this.noun}.`, 404, { remedy })
  }

  /** Removes the row, and moves its focus to a neighbour. */
  remove() {
    const hasFocus = this.frame.contains(document.activeElement)
    const neighbour = this.frame.nextElementSibling ?? this.frame.previousElementSibling
    this.#isRemoved = true
    this.frame.remove()
    if (hasFocus) this.moveFocus(neighbour)
  }

  /** @param {Element | null} _neighbour */
  moveFocus(_neighbour) {}
}
