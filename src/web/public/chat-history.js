import { Area } from './area.js'
import { Message } from './chat-message.js'
import { find, say } from './dom.js'
import { Feed } from './feed.js'
import { ask, onLive, unlessLost } from './session-api.js'

/** @typedef {import('./live.js').Live} Live */
/** @typedef {import('./chat-message.js').MessageRow} MessageRow */

/** So near to the end, one reads what comes in. */
const nearPx = 80
const pageRows = 50

/** What was said in a room: the newest messages, older ones on request, and new ones as they come. */
export class History extends Area {
  #live
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

  /** @param {Live} live @param {string} room @param {string} me @param {AbortSignal} signal aborted when the room is left */
  constructor(live, room, me, signal) {
    super(find(document, '#room', HTMLElement), find(document, '#text', HTMLElement))
    this.#live = live
    this.#room = room
    this.#me = me
    this.#signal = signal
    this.#feed = new Feed(live, `messages/${room}`, {
      apply: (type, row) => this.#apply(type, row),
      gap: () => this.#load(''),
    })
    this.#clear()
    this.hideProblem()
    this.#listen()
    onLive(live, () => this.#feed.isLoaded || this.#load(''), signal)
  }

  /** Whether new messages are followed. */
  #isFollowing = true

  #listen() {
    const signal = this.#signal
    this.#older.addEventListener('click', () => this.#next && this.#load(this.#next), { signal })
    this.#newest.addEventListener('click', () => this.toNewest(), { signal })
    this.#log.addEventListener('scroll', () => this.#look(), { signal, passive: true })
    // Also when a keyboard opens on a phone, or a message grows.
    const observer = new ResizeObserver(() => this.#isFollowing && this.toNewest())
    for (const each of [this.#log, ...this.#log.children]) observer.observe(each)
    signal.addEventListener('abort', () => observer.disconnect())
  }

  /** @param {string} cursor */
  #load(cursor) {
    this.attempt(() => unlessLost(this.#feed.load(() => this.#read(cursor), cursor !== '')))
  }

  /** @param {string} cursor */
  async #read(cursor) {
    if (this.#signal.aborted) return null
    const from = cursor ? { cursor } : {}
    const query = { 'filter[room][$eq]': this.#room, sort: '-createdAt', limit: String(pageRows), ...from }
    const page = await ask(this.#live, 'GET', `/api/messages?${new URLSearchParams(query)}`)
    if (this.#signal.aborted) return null
    this.#fill(page, cursor !== '')
    return page.position ?? null
  }

  /** @param {{ data: MessageRow[], next: string | null }} page @param {boolean} further */
  #fill(page, further) {
    const fromEndPx = this.#log.scrollHeight - this.#log.scrollTop
    // What is loaded is not news to be read aloud.
    this.#log.ariaLive = 'off'
    if (!further) this.#clear()
    this.#next = page.next
    for (const row of page.data) if (!this.#messages.has(row.id)) this.#insert(row)
    this.#older.hidden = !this.#next
    this.#count()
    if (further) {
      this.#isFollowing = false
      this.#log.scrollTop = this.#log.scrollHeight - fromEndPx
      say(`${page.data.length} older messages loaded.`)
    } else this.toNewest()
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

  /** @param {import('./feed.js').Change} type @param {MessageRow} row */
  #apply(type, row) {
    const known = this.#messages.get(row.id)
    if (known) known.receive(type === 'deleted' ? null : row)
    else if (type !== 'deleted') this.#place(row)
  }

  /** @param {MessageRow} row */
  #place(row) {
    const oldest = this.#messages.get(this.#list.firstElementChild?.id.slice(2) ?? '')
    // What lies before the first shown comes with the older ones.
    if (this.#next && oldest && isBefore(row, oldest.row)) return
    this.#insert(row)
    this.#count()
    if (this.#isFollowing) this.toNewest()
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
    const message = new Message(this.#live, row, this.#me, () => this.#removed(message))
    this.#messages.set(row.id, message)
    if (above) above.after(message.frame)
    else this.#list.prepend(message.frame)
    this.#arrange(message.frame)
  }

  /** @param {Element} frame @returns {MessageRow} */
  #rowOf(frame) {
    const message = this.#messages.get(frame.id.slice(2))
    if (!message) throw new Error('A message stands here that nobody knows')
    return message.row
  }

  /** Says who speaks and when, at a message and the one below, unless the one above says it. @param {Element | null} frame */
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

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log
    this.#isFollowing = scrollHeight - scrollTop - clientHeight < nearPx
    if (this.#isFollowing) this.#hideNewest()
  }

  toNewest() {
    this.#log.scrollTop = this.#log.scrollHeight
    this.#isFollowing = true
    this.#hideNewest()
  }

  #hideNewest() {
    if (this.#newest.contains(document.activeElement)) this.home.focus()
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
