import { find, say } from './dom.js'

/** @typedef {() => Promise<void>} Action */
/** An error in one field. @typedef {{ field: string, code: string, message: string }} Detail */
/** @typedef {{ label: string, run: () => void }} Remedy */

/** An error response; status 0 when no usable response came. */
export class ApiError extends Error {
  /** @param {string} message @param {number} status @param {{ remedy?: Remedy, details?: Detail[] }} [options] */
  constructor(message, status, { remedy, details = [] } = {}) {
    super(message)
    this.status = status
    this.remedy = remedy
    this.details = details
  }
}

/** A part of the page that runs actions: it is marked busy meanwhile, and shows their errors in its `.problem`. */
export class ActionArea {
  #queue = Promise.resolve()
  #waiting = 0

  /** @param {HTMLElement} frame @param {HTMLElement} focusTarget gets the focus when the problem around it closes */
  constructor(frame, focusTarget) {
    this.frame = frame
    this.focusTarget = focusTarget
    this.problem = find(frame, ':scope > .problem', HTMLElement)
  }

  get isBusy() {
    return this.#waiting > 0
  }

  /** Actions of one area run in turn, as each builds on the version that the one before left. @param {Action} action */
  attempt(action) {
    this.#waiting += 1
    this.#queue = this.#queue.then(() => this.#run(action))
  }

  /** @param {Action} action */
  async #run(action) {
    this.frame.ariaBusy = 'true'
    try {
      await action()
      this.hideProblem()
    } catch (error) {
      if (!(error instanceof ApiError)) reportError(error)
      this.showProblem(error instanceof ApiError ? error : new ApiError('This page has a fault.', 0), action)
    }
    this.frame.ariaBusy = 'false'
    this.#waiting -= 1
    this.actionEnded()
  }

  /** Called after each action. */
  actionEnded() {}

  /** @param {ApiError} error @param {Action} [action] offered to be tried again */
  showProblem({ message, status, remedy }, action) {
    const isFinal = !action || [400, 404, 412, 413, 422].includes(status)
    const again = { label: 'Try again', run: () => action && this.attempt(action) }
    this.#describeProblem(message, remedy ?? (isFinal ? undefined : again))
    this.problem.hidden = false
    this.focusTarget.ariaInvalid = [400, 422].includes(status) ? 'true' : null
    say(message)
  }

  hideProblem() {
    if (this.problem.contains(document.activeElement)) this.focusTarget.focus()
    this.problem.hidden = true
    this.focusTarget.ariaInvalid = null
    // Hidden text still describes its field to a screen reader.
    this.#describeProblem('')
  }

  /** @param {string} message @param {Remedy} [remedy] */
  #describeProblem(message, remedy) {
    const button = find(this.problem, 'button', HTMLButtonElement)
    find(this.problem, 'p', HTMLElement).textContent = message
    button.hidden = !remedy
    button.textContent = remedy?.label ?? ''
    button.onclick = remedy?.run ?? null
  }
}
