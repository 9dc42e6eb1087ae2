import { Feed } from '/client/feed.js'
import { ActionArea } from '../shared/action-area.js'
import { ignoreDisconnect, onConnected, request } from '../shared/connection-api.js'
import { find, say } from '../shared/dom.js'
import { Message } from './message.js'

/** @typedef {import('/client/message-client.js').MessageClient} MessageClient */
/** @typedef {import('./message.js').MessageRow} MessageRow */

/** Within this distance from the end, new messages are followed. */
const nearPx = 80
const pageRows = 50

/** The messages of a room: the newest, older ones on request, and new ones as they arrive. */
export class MessageList extends ActionArea {
  #client
  #room
  #me
  #signal
  #feed
  #next = /** @type {string | null} */ (null)
  #messages = /** @type {Map<string, Message>} */ (new Map())
  #log = find(document, '#log', HTMLElement)
  #list = find(document, '#messages', HTMLElement)
  #empty = find(this.#log, '.empty', HTMLElement)
  #older = find(document, '#older', HTMLButtonElement)
  #newest = find(document, '#newest', HTMLButtonElement)

  /** @param {MessageClient} client @param {string} room @param {string} me @param {AbortSignal} signal aborted when the room is left */
  constructor(client, room, me, signal) {
    super(find(document, '#room', HTMLElement), find(document, '#text', HTMLElement))
    this.#client = client
    this.#room = room
    this.#me = me
    this.#signal = signal
    this.#feed = new Feed(client, `messages/${room}`, {
      apply: (type, row) => this.#apply(type, row),
      onGap: () => this.#load(''),
    })
    this.#clear()
    this.hideProblem()
    this.#listen()
    onConnected(client, () => this.#feed.isLoaded || this.#load(''), signal)
  }

  /** True if new messages are followed. */
  #isFollowing = true

  #listen() {
    const signal = this.#signal
    this.#older.addEventListener('click', () => this.#next && this.#load(this.#next), { signal })
    this.#newest.addEventListener('click', () => this.scrollToNewest(), { signal })
    this.#log.addEventListener('scroll', () => this.#onScroll(), { signal, passive: true })
    // Also when the keyboard of a phone opens, or a message grows.
    const observer = new ResizeObserver(() => this.#isFollowing && this.scrollToNewest())
    for (const each of [this.#log, ...this.#log.children]) observer.observe(each)
    signal.addEventListener('abort', () => observer.disconnect())
  }

  /** @param {string} cursor */
  #load(cursor) {
    this.attempt(() => ignoreDisconnect(this.#feed.load(() => this.#read(cursor), cursor !== '')))
  }

  /** @param {string} cursor */
  async #read(cursor) {
    if (this.#signal.aborted) return null
    const from = cursor ? { cursor } : {}
    const query = { 'filter[room][$eq]': this.#room, sort: '-createdAt', limit: String(pageRows), ...from }
    const page = await request(this.#client, 'GET', `/api/messages?${new URLSearchParams(query)}`)
    if (this.#signal.aborted) return null
    this.#fill(page, cursor !== '')
    return page.position ?? null
  }

  /** @param {{ data: MessageRow[], next: string | null }} page @param {boolean} isNextPage */
  #fill(page, isNextPage) {
    const fromEndPx = this.#log.scrollHeight - this.#log.scrollTop
    // Screen readers announce new messages, not loaded ones.
    this.#log.ariaLive = 'off'
    if (!isNextPage) this.#clear()
    this.#next = page.next
    for (const row of page.data) if (!this.#messages.has(row.id)) this.#insert(row)
    this.#older.hidden = !this.#next
    this.#count()
    if (isNextPage) {
      this.#isFollowing = false
      this.#log.scrollTop = this.#log.scrollHeight - fromEndPx
      say(`${page.data.length} older messages loaded.`)
    } else this.scrollToNewest()
    setTimeout(() => {
      this.#log.ariaLive = null
    })
  }

  #clear() {
    this.#messages.clear()
    this.#list.replaceChildren()
    this.#older.hidden = true
    this.#empty.hidden = true
    this.#hideNewest()
  }

  /** @param {import('/client/feed.js').Change} type @param {MessageRow} row */
  #apply(type, row) {
    const known = this.#messages.get(row.id)
    if (known) known.receive(type === 'deleted' ? null : row)
    else if (type !== 'deleted') this.#place(row)
  }

  /** @param {MessageRow} row */
  #place(row) {
    const oldest = this.#messages.get(this.#list.firstElementChild?.id.slice(2) ?? '')
    // Messages before the first one shown are loaded with the older ones.
    if (this.#next && oldest && isBefore(row, oldest.row)) return
    this.#insert(row)
    this.#count()
    if (this.#isFollowing) this.scrollToNewest()
    else this.#newest.hidden = row.author === this.#me
  }

  /** @param {MessageRow} row */
  #insert(row) {
    let above = this.#list.lastElementChild
    for (let at = above; at; at = at.previousElementSibling) {
      above = at
      if (!isBefore(row, this.#rowOf(at))) break
      above = at.previousElementSibling
    }
    const message = new Message(this.#client, row, this.#me, () => this.#removed(message))
    this.#messages.set(row.id, message)
    if (above) above.after(message.frame)
    else this.#list.prepend(message.frame)
    this.#arrange(message.frame)
  }

  /** @param {Element} frame @returns {MessageRow} */
  #rowOf(frame) {
    const message = this.#messages.get(frame.id.slice(2))
    if (!message) throw new Error('The list has an element without a message')
    return message.row
  }

  /** Shows author and time of a message and the one below, unless the one above has the same. @param {Element | null} frame */
  #arrange(frame) {
    for (const each of [frame, frame?.nextElementSibling]) {
      if (!each) continue
      const above = each.previousElementSibling
      this.#messages.get(each.id.slice(2))?.arrange(above && this.#rowOf(above))
    }
  }

  /** @param {Message} message */
  #removed(message) {
    if (this.#messages.get(message.row.id) !== message) return
    this.#messages.delete(message.row.id)
    for (const each of this.#list.children) this.#arrange(each)
    this.#count()
  }

  #count() {
    this.#empty.hidden = this.#messages.size > 0
  }

  /** @param {MessageRow} row */
  placeSent(row) {
    if (this.#feed.isLoaded) this.#apply('created', row)
  }

  #onScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log
    this.#isFollowing = scrollHeight - scrollTop - clientHeight < nearPx
    if (this.#isFollowing) this.#hideNewest()
  }

  scrollToNewest() {
    this.#log.scrollTop = this.#log.scrollHeight
    this.#isFollowing = true
    this.#hideNewest()
  }

  #hideNewest() {
    if (this.#newest.contains(document.activeElement)) this.focusTarget.focus()
    this.#newest.hidden = true
  }

  close() {
    this.#feed.close()
    this.#clear()
  }
}

/** @param {MessageRow} one @param {MessageRow} other */
function isBefore(one, other) {
  return one.createdAt === other.createdAt ? one.id < other.id : one.createdAt < other.createdAt
}
