import { ApiError } from '../shared/action-area.js'
import { request } from '../shared/connection-api.js'
import { copy, find, say } from '../shared/dom.js'
import { EditableRow } from '../shared/editable-row.js'

/** @typedef {import('/client/message-client.js').MessageClient} MessageClient */
/** @typedef {{ id: string, createdAt: string, version: number, room: string, author: string, text: string, edited: boolean }} MessageRow */

/** Messages of one author within this time show the name once. */
const groupMs = 5 * 60_000
const timeStyle = /** @type {const} */ ({ hour: '2-digit', minute: '2-digit' })
const dayStyle = /** @type {const} */ ({ weekday: 'long', day: 'numeric', month: 'long' })

/** @extends {EditableRow<MessageRow>} */
export class Message extends EditableRow {
  #client
  #onRemove

  /** @param {MessageClient} client @param {MessageRow} row @param {string} me @param {() => void} onRemove */
  constructor(client, row, me, onRemove) {
    const frame = copy(find(document, '#message', HTMLTemplateElement))
    super(frame, find(frame, '.edit', HTMLElement), 'message', row)
    this.#client = client
    this.#onRemove = onRemove
    frame.id = `m-${row.id}`
    const isMine = row.author === me
    frame.classList.toggle('mine', isMine)
    find(frame, '.tools', HTMLElement).hidden = !isMine
    find(frame, 'b', HTMLElement).classList.toggle('unseen', isMine)
    this.input.addEventListener('keydown', (event) => this.#press(event))
    this.paint()
  }

  /** @override */
  get text() {
    return this.row.text
  }

  /** @override */
  paint() {
    const { author, text, createdAt, edited } = this.row
    const time = find(this.frame, 'time', HTMLTimeElement)
    find(this.frame, 'b', HTMLElement).textContent = author
    find(this.frame, '.text', HTMLElement).textContent = text
    find(this.frame, '.note', HTMLElement).textContent = edited ? 'edited' : ''
    time.dateTime = createdAt
    time.textContent = new Date(createdAt).toLocaleTimeString([], timeStyle)
    find(this.frame, '.bubble', HTMLElement).title = new Date(createdAt).toLocaleString()
    this.editButton.ariaLabel = `Edit “${short(text)}”`
    this.deleteButton.ariaLabel = `Delete “${short(text)}”`
  }

  /** Hides the day and the author if the message above shows the same. @param {MessageRow | null} above */
  arrange(above) {
    const day = dayOf(this.row)
    const isNewDay = !above || dayOf(above) !== day
    const gapMs = above ? Date.parse(this.row.createdAt) - Date.parse(above.createdAt) : groupMs
    find(this.frame, '.day', HTMLElement).textContent = isNewDay ? day : ''
    find(this.frame, '.by', HTMLElement).classList.toggle(
      'unseen',
      !isNewDay && gapMs < groupMs && above?.author === this.row.author,
    )
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    this.editor.requestSubmit()
  }

  /** @override */
  async submit() {
    if (this.editor.hidden) return
    const text = this.input.value.trim()
    if (!text) throw new ApiError('Write something, or delete the message.', 400)
    if (text !== this.row.text) await this.save({ text, edited: true })
    this.closeEditor()
    say(`Saved “${short(text)}”.`)
  }

  /** @override @param {string} method @param {Record<string, string>} [headers] @param {object} [body] */
  send(method, headers, body) {
    return request(this.#client, method, `/api/messages/${this.row.id}`, headers, body)
  }

  /** @override */
  remove() {
    super.remove()
    this.#onRemove()
  }

  /** @override */
  moveFocus() {
    find(document, '#text', HTMLElement).focus()
  }
}

/** @param {MessageRow} row */
function dayOf({ createdAt }) {
  const then = new Date(createdAt).toLocaleDateString(undefined, dayStyle)
  return then === new Date().toLocaleDateString(undefined, dayStyle) ? 'Today' : then
}

/** @param {string} text */
function short(text) {
  return text.length > 60 ? `${text.slice(0, 59).toWellFormed()}…` : text
}
