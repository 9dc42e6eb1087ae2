import { ApiError } from '../shared/action-area.js'
import { onConnected, request } from '../shared/connection-api.js'
import { find } from '../shared/dom.js'
import { MemberList } from './member-list.js'
import { MessageList } from './message-list.js'

/** @typedef {import('/client/message-client.js').MessageClient} MessageClient */
/** @typedef {import('./message.js').MessageRow} MessageRow */

/** Unsent texts, by room. */
const texts = /** @type {Map<string, string>} */ (new Map())

/** The open room. */
export class Room {
  #id
  #outbox
  #me
  #messages
  #members
  #closed = new AbortController()
  #title = find(document, '#room-title', HTMLElement)
  #form = find(document, '#compose', HTMLFormElement)
  #text = find(this.#form, 'textarea', HTMLTextAreaElement)

  /** @param {MessageClient} client @param {string} id @param {string} me @param {import('./outbox.js').Outbox} outbox */
  constructor(client, id, me, outbox) {
    this.#id = id
    this.#me = me
    this.#outbox = outbox
    this.#title.textContent = ' '
    this.#form.hidden = false
    this.#messages = new MessageList(client, id, me, this.#closed.signal)
    this.#members = new MemberList(client, id, me, this.#closed.signal)
    outbox.show(id)
    onConnected(client, () => void this.#name(client), this.#closed.signal)
    this.#listen()
    this.#text.value = texts.get(id) ?? ''
    this.#text.focus({ preventScroll: true })
  }

  /** @param {MessageClient} client */
  async #name(client) {
    const { name, isMissing } = await nameOf(client, this.#id)
    if (this.#closed.signal.aborted) return
    this.#form.hidden = isMissing
    if (name) this.#title.textContent = name
  }

  #listen() {
    const { signal } = this.#closed
    this.#form.addEventListener('submit', (event) => this.#send(event), { signal })
    this.#text.addEventListener('input', () => this.#members.setTyping(this.#text.value !== ''), { signal })
    this.#text.addEventListener('keydown', (event) => this.#onKey(event), { signal })
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) this.#send(event)
  }

  /** @param {Event} event */
  #send(event) {
    event.preventDefault()
    const text = this.#text.value.trim()
    if (!text) return
    this.#text.value = ''
    this.#members.setTyping(false)
    this.#outbox.add({ room: this.#id, author: this.#me, text })
    this.#messages.scrollToNewest()
  }

  /** Shows a message that the server has stored. @param {MessageRow} row */
  placeSent(row) {
    if (row.room === this.#id) this.#messages.placeSent(row)
  }

  close() {
    texts.set(this.#id, this.#text.value)
    this.#closed.abort()
    this.#messages.close()
    this.#members.close()
  }
}

/** If it fails, the message list shows the reason. @param {MessageClient} client @param {string} id */
async function nameOf(client, id) {
  try {
    const { data } = await request(client, 'GET', `/api/rooms/${id}`)
    return { name: data.name, isMissing: false }
  } catch (error) {
    const isMissing = error instanceof ApiError && error.status === 404
    return { name: isMissing ? 'There is no such room' : '', isMissing }
  }
}
