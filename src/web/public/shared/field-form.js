import { ActionArea, ApiError } from './action-area.js'
import { find, onSubmit, say } from './dom.js'
import { explain, fieldOf } from './field-messages.js'

/** @typedef {import('./action-area.js').Detail} Detail */

/** A form that shows the error of each field in the `.fault` whose `data-of` is the name of the field. */
export class FieldForm extends ActionArea {
  #form

  /** @param {HTMLFormElement} form @param {() => Promise<void>} send */
  constructor(form, send) {
    super(form, find(form, 'input:not([hidden])', HTMLInputElement))
    this.#form = form
    for (const button of form.querySelectorAll('.peek')) listenToPeek(/** @type {HTMLButtonElement} */ (button))
    form.addEventListener('input', ({ target }) => this.#mark(/** @type {HTMLInputElement} */ (target).name, ''))
    onSubmit(form, () => {
      if (!this.isBusy) this.attempt(() => this.#submit(send))
    })
  }

  /** @param {() => Promise<void>} send */
  async #submit(send) {
    this.#clear()
    // A password manager stores only hidden passwords.
    for (const button of this.#form.querySelectorAll('.peek[data-shown]'))
      peek(/** @type {HTMLButtonElement} */ (button))
    const missing = this.#missing()
    if (missing.length > 0) throw new ApiError('Something is missing.', 400, { details: missing })
    await send()
  }

  /** @returns {Detail[]} */
  #missing() {
    const empty = [...this.#form.querySelectorAll('[required]')].filter(isEmpty)
    return empty.map((input) => ({
      field: input.getAttribute('name') ?? '',
      code: 'empty',
      message: 'must not be empty',
    }))
  }

  /** @param {string} name */
  value(name) {
    return find(this.#form, `[name="${name}"]`, HTMLInputElement).value
  }

  reset() {
    this.#form.reset()
    this.#clear()
  }

  /** @override @param {ApiError} error @param {import('./action-area.js').Action} [action] */
  showProblem(error, action) {
    super.hideProblem()
    const shown = error.details.filter((detail) => this.#mark(fieldOf(detail.field), explain(detail)))
    const isTemporary = error.status === 0 || error.status >= 500
    if (shown.length === 0) return super.showProblem(error, isTemporary ? action : undefined)
    find(this.#form, '[aria-invalid="true"]', HTMLElement).focus()
    say(shown.map(explain).join(' '))
  }

  #clear() {
    for (const fault of this.#form.querySelectorAll('.fault')) this.#mark(fault.getAttribute('data-of') ?? '', '')
  }

  /** @param {string} name @param {string} text @returns false if there is no such field */
  #mark(name, text) {
    const fault = name ? this.#form.querySelector(`.fault[data-of="${CSS.escape(name)}"]`) : null
    if (!fault) return false
    fault.textContent = text
    find(this.#form, `[name="${CSS.escape(name)}"]`, HTMLElement).ariaInvalid = text ? 'true' : null
    return true
  }
}

/** @param {Element} input */
function isEmpty(input) {
  return /** @type {HTMLInputElement} */ (input).value.trim() === ''
}

/** @param {HTMLButtonElement} button */
function listenToPeek(button) {
  button.addEventListener('click', () => peek(button))
}

/** Shows or hides the password in the field beside the button. @param {HTMLButtonElement} button */
function peek(button) {
  const input = find(/** @type {HTMLElement} */ (button.parentElement), 'input', HTMLInputElement)
  const isShown = button.toggleAttribute('data-shown')
  input.type = isShown ? 'text' : 'password'
  button.textContent = isShown ? 'Hide' : 'Show'
  button.ariaLabel = isShown ? 'Hide password' : 'Show password'
}
