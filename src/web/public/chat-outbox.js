import { Area, Refusal } from './area.js'
import { copy, find } from './dom.js'
import { newId } from './id.js'
import { ask, onLive } from './session-api.js'

/** @typedef {import('./live.js').Live} Live */
/** @typedef {{ room: string, author: string, text: string }} Words */

const storageKey = 'galley-chat-unsent'

/** A message that the server has not confirmed yet, as it shows below the others. */
class Draft extends Area {
  /** Set when the server would not have it, until it is tried again. */
  isRefused = false

  /** @param {string} id @param {Words} words */
  constructor(id, words) {
    const frame = copy(find(document, '#draft', HTMLTemplateElement))
    super(frame, find(document, '#text', HTMLElement))
    this.id = id
    this.words = words
    find(frame, '.words', HTMLElement).textContent = words.text
  }

  /** @param {boolean} isLive */
  note(isLive) {
    const text = isLive ? 'Sending …' : 'Waits for the connection'
    find(this.frame, '.note', HTMLElement).textContent = this.isRefused ? 'Not sent' : text
  }
}

/** Sends messages in order, each until it is stored: through lost connections, and after a reload. */
export class Outbox {
  #live
  #sent
  #drafts = /** @type {Draft[]} */ ([])
  #isSending = false
  #room = ''
  #list = find(document, '#unsent', HTMLElement)

  /** @param {Live} live @param {(row: any) => void} sent */
  constructor(live, sent) {
    this.#live = live
    this.#sent = sent
    this.#drafts = stored().map(({ id, words }) => new Draft(id, words))
    live.addEventListener('status', () => this.#paint())
    onLive(live, () => void this.#sendAll())
  }

  /** @param {Words} words */
  add(words) {
    this.#drafts.push(new Draft(newId(), words))
    this.#paint()
    void this.#sendAll()
  }

  /** Shows what is not sent yet of this room. @param {string} room */
  show(room) {
    this.#room = room
    this.#list.replaceChildren()
    this.#paint()
  }

  #paint() {
    const shown = this.#drafts.filter(({ words }) => words.room === this.#room)
    for (const draft of shown) draft.note(this.#live.isLive)
    for (const { frame } of shown) if (!frame.isConnected) this.#list.append(frame)
    store(this.#drafts)
  }

  async #sendAll() {
    if (this.#isSending) return
    this.#isSending = true
    for (let draft = this.#nextDraft(); draft && this.#live.isLive; draft = this.#nextDraft()) {
      await this.#send(draft)
      this.#paint()
    }
    this.#isSending = false
  }

  #nextDraft() {
    return this.#drafts.find(({ isRefused }) => !isRefused)
  }

  /** @param {Draft} draft */
  async #send(draft) {
    const { id, words } = draft
    try {
      const { data } = await ask(this.#live, 'PUT', `/api/messages/${id}`, { 'If-None-Match': '*' }, words)
      this.#remove(draft)
      this.#sent(data)
    } catch (error) {
      this.#fail(draft, error instanceof Refusal ? error : new Refusal('This page has a fault.', 0))
    }
  }

  /** @param {Draft} draft @param {Refusal} refusal */
  #fail(draft, { status, message }) {
    // It is stored already: the answer to an earlier attempt got lost.
    if (status === 412) return this.#remove(draft)
    if (status === 0) return
    const isTheirs = status < 500 && status !== 429
    draft.isRefused = true
    const label = isTheirs ? 'Discard' : 'Try again'
    draft.showProblem(new Refusal(message, status, { remedy: { label, run: () => this.#settle(draft, isTheirs) } }))
  }

  /** @param {Draft} draft @param {boolean} isOver */
  #settle(draft, isOver) {
    draft.isRefused = false
    draft.hideProblem()
    if (isOver) this.#remove(draft)
    void this.#sendAll()
  }

  /** @param {Draft} draft */
  #remove(draft) {
    this.#drafts = this.#drafts.filter((other) => other !== draft)
    draft.frame.remove()
    this.#paint()
  }
}

/** @returns {{ id: string, words: Words }[]} */
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
    sessionStorage.setItem(storageKey, JSON.stringify(drafts.map(({ id, words }) => ({ id, words }))))
  } catch {
    // Storage may be forbidden or full: then a reload loses them.
  }
}
