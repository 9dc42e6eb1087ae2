import { newId } from '/client/id.js'
import { ActionArea, ApiError } from '../shared/action-area.js'
import { onConnected, request } from '../shared/connection-api.js'
import { copy, find } from '../shared/dom.js'

/** @typedef {import('/client/message-client.js').MessageClient} MessageClient */
/** @typedef {{ room: string, author: string, text: string }} NewMessage */

const storageKey = 'galley-chat-unsent'

/** A message that the server has not confirmed yet. */
class Draft extends ActionArea {
  /** Set when the server rejected it, until it is tried again. */
  isRejected = false

  /** @param {string} id @param {NewMessage} message */
  constructor(id, message) {
    const frame = copy(find(document, '#draft', HTMLTemplateElement))
    super(frame, find(document, '#text', HTMLElement))
    this.id = id
    this.message = message
    find(frame, '.text', HTMLElement).textContent = message.text
  }

  /** @param {boolean} isConnected */
  showState(isConnected) {
    const text = isConnected ? 'Sending …' : 'Waiting for the connection'
    find(this.frame, '.note', HTMLElement).textContent = this.isRejected ? 'Not sent' : text
  }
}

/** Sends messages in order, each until it is stored: through lost connections, and after a reload. */
export class Outbox {
  #client
  #onSent
  #drafts = /** @type {Draft[]} */ ([])
  #isSending = false
  #room = ''
  #list = find(document, '#unsent', HTMLElement)

  /** @param {MessageClient} client @param {(row: any) => void} onSent */
  constructor(client, onSent) {
    this.#client = client
    this.#onSent = onSent
    this.#drafts = stored().map(({ id, message }) => new Draft(id, message))
    client.addEventListener('status', () => this.#paint())
    onConnected(client, () => void this.#sendAll())
  }

  /** @param {NewMessage} message */
  add(message) {
    this.#drafts.push(new Draft(newId(), message))
    this.#paint()
    void this.#sendAll()
  }

  /** Shows the unsent messages of this room. @param {string} room */
  show(room) {
    this.#room = room
    this.#list.replaceChildren()
    this.#paint()
  }

  #paint() {
    const shown = this.#drafts.filter(({ message }) => message.room === this.#room)
    for (const draft of shown) draft.showState(this.#client.isConnected)
    for (const { frame } of shown) if (!frame.isConnected) this.#list.append(frame)
    store(this.#drafts)
  }

  async #sendAll() {
    if (this.#isSending) return
    this.#isSending = true
    for (let draft = this.#nextDraft(); draft && this.#client.isConnected; draft = this.#nextDraft()) {
      await this.#send(draft)
      this.#paint()
    }
    this.#isSending = false
  }

  #nextDraft() {
    return this.#drafts.find(({ isRejected }) => !isRejected)
  }

  /** @param {Draft} draft */
  async #send(draft) {
    const { id, message } = draft
    try {
      const { data } = await request(this.#client, 'PUT', `/api/messages/${id}`, { 'If-None-Match': '*' }, message)
      this.#remove(draft)
      this.#onSent(data)
    } catch (error) {
      this.#fail(draft, error instanceof ApiError ? error : new ApiError('This page has a fault.', 0))
    }
  }

  /** @param {Draft} draft @param {ApiError} error */
  #fail(draft, { status, message }) {
    // It is stored already: the response to an earlier attempt got lost.
    if (status === 412) return this.#remove(draft)
    if (status === 0) return
    const isFinal = status < 500 && status !== 429
    draft.isRejected = true
    const label = isFinal ? 'Discard' : 'Try again'
    draft.showProblem(new ApiError(message, status, { remedy: { label, run: () => this.#retry(draft, isFinal) } }))
  }

  /** @param {Draft} draft @param {boolean} isDiscarded */
  #retry(draft, isDiscarded) {
    draft.isRejected = false
    draft.hideProblem()
    if (isDiscarded) this.#remove(draft)
    void this.#sendAll()
  }

  /** @param {Draft} draft */
  #remove(draft) {
    this.#drafts = this.#drafts.filter((other) => other !== draft)
    draft.frame.remove()
    this.#paint()
  }
}

/** @returns {{ id: string, message: NewMessage }[]} */
function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(storageKey) ?? '[]')
  } catch {
    return []
  }
}

/** @param {Draft[]} drafts */
function store(drafts) {
  try {
    sessionStorage.setItem(storageKey, JSON.stringify(drafts.map(({ id, message }) => ({ id, message }))))
  } catch {
    // Storage may be forbidden or full: then a reload loses them.
  }
}
