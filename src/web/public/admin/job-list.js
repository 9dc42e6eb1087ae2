import { ActionArea } from '../shared/action-area.js'
import { confirmAction } from '../shared/confirm.js'
import { minuteOf } from '../shared/dates.js'
import { copy, find, say } from '../shared/dom.js'
import { call } from '../shared/http-api.js'

/** @typedef {{ id: string, job: string, key: string | null, state: string, dueAt: string, attempts: number, error: string | null }} StoredJob */

const times = /** @type {Record<string, string>} */ ({ waiting: 'due', running: 'leased until', dead: 'failed' })
const scheduleKey = '@schedule'

/** A job, with the actions of an administrator. */
class JobRow extends ActionArea {
  #job
  #onChange

  /** @param {StoredJob} job @param {() => void} onChange */
  constructor(job, onChange) {
    const frame = copy(find(document, '#job', HTMLTemplateElement))
    const runButton = find(frame, '.run-job', HTMLButtonElement)
    super(frame, runButton)
    this.#job = job
    this.#onChange = onChange
    const discardButton = find(frame, '.discard-job', HTMLButtonElement)
    runButton.addEventListener('click', () => this.attempt(() => this.#run()))
    discardButton.addEventListener('click', () => this.attempt(() => this.#discard()))
    runButton.textContent = job.state === 'dead' ? 'Run again' : 'Run now'
    runButton.ariaLabel = `${runButton.textContent}: ${job.job}`
    discardButton.ariaLabel = `Discard ${job.job}`
    runButton.hidden = job.state === 'running'
    discardButton.hidden = job.state === 'running' || job.key === scheduleKey
    this.#paint()
  }

  #paint() {
    const { job, key, state, dueAt, attempts, error } = this.#job
    const failures = attempts === 0 ? '' : `, ${attempts} failed ${attempts === 1 ? 'attempt' : 'attempts'}`
    find(this.frame, 'b', HTMLElement).textContent = job
    find(this.frame, '.key', HTMLElement).textContent = key === scheduleKey ? 'schedule' : (key ?? '')
    find(this.frame, '.quiet', HTMLElement).textContent = `${times[state]} ${minuteOf(dueAt)}${failures}`
    const shown = find(this.frame, '.error', HTMLElement)
    shown.textContent = error
    shown.hidden = error === null
  }

  async #run() {
    await call('POST', `/api/admin/jobs/${this.#job.id}/run`)
    say(`${this.#job.job} runs.`)
    this.#onChange()
  }

  async #discard() {
    if (!(await confirmAction(`Discard this job of ${this.#job.job}? It will not run.`, 'Discard'))) return
    await call('DELETE', `/api/admin/jobs/${this.#job.id}`)
    say(`A job of ${this.#job.job} is discarded.`)
    this.#onChange()
  }
}

/** The jobs of one state. */
export class JobList extends ActionArea {
  #list
  #more
  #empty
  #states
  #next = /** @type {string | null} */ (null)

  constructor() {
    const frame = find(document, '#jobs', HTMLElement)
    super(frame, frame)
    this.#list = find(frame, '.rows', HTMLElement)
    this.#more = find(frame, '.more', HTMLButtonElement)
    this.#empty = find(frame, '.empty', HTMLElement)
    this.#states = find(frame, '.states', HTMLElement)
    this.#states.addEventListener('change', () => this.load())
    this.#more.addEventListener('click', () => this.load(this.#next))
    find(frame, '.reload', HTMLElement).addEventListener('click', () => this.load())
  }

  /** @param {string | null} [cursor] */
  load(cursor = null) {
    this.attempt(async () => {
      const state = find(this.#states, ':checked', HTMLInputElement).value
      const query = new URLSearchParams({ state, limit: '50', ...(cursor && { cursor }) })
      const { data, next } = await call('GET', `/api/admin/jobs?${query}`)
      const rows = data.map((/** @type {StoredJob} */ job) => new JobRow(job, () => this.load()).frame)
      if (cursor) this.#list.append(...rows)
      else this.#list.replaceChildren(...rows)
      this.#next = next
      this.#more.hidden = !next
      this.#empty.hidden = this.#list.childElementCount > 0
    })
  }

  clear() {
    this.#list.replaceChildren()
  }
}
