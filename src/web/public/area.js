import { find, say } from './dom.js'

/** @typedef {() => Promise<void>} Action */
/** What is wrong with one field. @typedef {{ field: string, code: string, message: string }} Detail */
/** @typedef {{ label: string, run: () => void }} Remedy */

/** An answer that is no success; status 0 when no usable answer came. */
export class Refusal extends Error {
  /** @param {string} message @param {number} status @param {{ remedy?: Remedy, details?: Detail[] }} [more] */
  constructor(message, status, { remedy, details = [] } = {}) {
    super(message)
    this.status = status
    this.remedy = remedy
    this.details = details
  }
}

/** A place where somebody acts: it turns busy, and shows right there what went wrong. */
export class Area {
  #turn = Promise.resolve()
  #waiting = 0

  /** @param {HTMLElement} frame @param {HTMLElement} home where focus goes when the problem closes around it */
  constructor(frame, home) {
    this.frame = frame
    this.home = home
    this.problem = find(frame, ':scope > .problem', HTMLElement)
  }

  get isBusy() {
    return this.#waiting > 0
  }

  /** Actions of one place run in turn, as each builds on the version the one before left. @param {Action} action */
  attempt(action) {
    this.#waiting += 1
    this.#turn = this.#turn.then(() => this.#run(action))
  }

  /** @param {Action} action */
  async #run(action) {
    this.frame.ariaBusy = 'true'
    try {
      await action()
      this.hideProblem()
    } catch (error) {
      if (!(error instanceof Refusal)) reportError(error)
      this.showProblem(error instanceof Refusal ? error : new Refusal('This page has a fault.', 0), action)
    }
    this.frame.ariaBusy = 'false'
    this.#waiting -= 1
    this.settled()
  }

  /** No action is under way any more, or one less. */
  settled() {}

  /** @param {Refusal} refusal @param {Action} [action] what may be tried again */
  showProblem({ message, status, remedy }, action) {
    const futile = !action || [400, 404, 412, 413, 422].includes(status)
    const again = { label: 'Try again', run: () => action && this.attempt(action) }
    this.#describeProblem(message, remedy ?? (futile ? undefined : again))
    this.problem.hidden = false
    this.home.ariaInvalid = [400, 422].includes(status) ? 'true' : null
    say(message)
  }

  hideProblem() {
    if (this.problem.contains(document.activeElement)) this.home.focus()
    this.problem.hidden = true
    this.home.ariaInvalid = null
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
