import { Refusal } from './area.js'
import { History } from './chat-history.js'
import { People } from './chat-people.js'
import { find } from './dom.js'
import { ask, onLive } from './session-api.js'

/** @typedef {import('./live.js').Live} Live */
/** @typedef {import('./chat-message.js').MessageRow} MessageRow */

/** What was typed and not sent, by room. */
const texts = /** @type {Map<string, string>} */ (new Map())

/** The room that is open, until it is closed. */
export class Room {
  #id
  #outbox
  #me
  #history
  #people
  #over = new AbortController()
  #title = find(document, '#room-title', HTMLElement)
  #form = find(document, '#compose', HTMLFormElement)
  #text = find(this.#form, 'textarea', HTMLTextAreaElement)

  /** @param {Live} live @param {string} id @param {string} me @param {import('./chat-outbox.js').Outbox} outbox */
  constructor(live, id, me, outbox) {
    this.#id = id
    this.#me = me
    this.#outbox = outbox
    this.#title.textContent = ' '
    this.#form.hidden = false
    this.#history = new History(live, id, me, this.#over.signal)
    this.#people = new People(live, id, me, this.#over.signal)
    outbox.show(id)
    onLive(live, () => void this.#name(live), this.#over.signal)
    this.#listen()
    this.#text.value = texts.get(id) ?? ''
    this.#text.focus({ preventScroll: true })
  }

  /** @param {Live} live */
  async #name(live) {
    const { name, isMissing } = await nameOf(live, this.#id)
    if (this.#over.signal.aborted) return
    this.#form.hidden = isMissing
    if (name) this.#title.textContent = name
  }

  #listen() {
    const { signal } = this.#over
    this.#form.addEventListener('submit', (event) => this.#send(event), { signal })
    this.#text.addEventListener('input', () => this.#people.isTyping(this.#text.value !== ''), { signal })
    this.#text.addEventListener('keydown', (event) => this.#press(event), { signal })
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) this.#send(event)
  }

  /** @param {Event} event */
  #send(event) {
    event.preventDefault()
    const text = this.#text.value.trim()
    if (!text) return
    this.#text.value = ''
    this.#people.isTyping(false)
    this.#outbox.add({ room: this.#id, author: this.#me, text })
    this.#history.toNewest()
  }

  /** What the server has stored stands among the messages from now on. @param {MessageRow} row */
  placeSent(row) {
    if (row.room === this.#id) this.#history.placeSent(row)
  }

  close() {
    texts.set(this.#id, this.#text.value)
    this.#over.abort()
    this.#history.close()
    this.#people.close()
  }
}

/** Should it fail, the history tells why. @param {Live} live @param {string} id */
async function nameOf(live, id) {
  try {
    const { data } = await ask(live, 'GET', `/api/rooms/${id}`)
    return { name: data.name, isMissing: false }
  } catch (error) {
    const isMissing = error instanceof Refusal && error.status === 404
    return { name: isMissing ? 'There is no such room' : '', isMissing }
  }
}
