import { Feed } from '/client/feed.js'
import { newId } from '/client/id.js'
import { ActionArea, ApiError } from '../shared/action-area.js'
import { ignoreDisconnect, onConnected, request } from '../shared/connection-api.js'
import { find, onSubmit, say } from '../shared/dom.js'

/** @typedef {import('/client/message-client.js').MessageClient} MessageClient */
/** @typedef {{ id: string, name: string, version: number }} RoomRow */

/** All rooms, sorted by name. */
export class RoomList extends ActionArea {
  #client
  #feed
  #list
  #empty
  #template = find(document, '#room-row', HTMLTemplateElement)
  #links = /** @type {Map<string, HTMLAnchorElement>} */ (new Map())
  /** Ids of names that may not be stored yet: a retry with the same id creates no second room. */
  #ids = /** @type {Map<string, string>} */ (new Map())
  #marked = ''

  /** @param {MessageClient} client @param {HTMLElement} frame */
  constructor(client, frame) {
    super(frame, frame)
    this.#client = client
    this.#list = find(frame, 'ul', HTMLElement)
    this.#empty = find(frame, '.empty', HTMLElement)
    this.#feed = new Feed(client, 'rooms', { apply: (type, row) => this.#apply(type, row), onGap: () => this.#load() })
    this.#listen(find(frame, 'form', HTMLFormElement))
    onConnected(client, () => this.#feed.isLoaded || this.#load())
  }

  /** @param {HTMLFormElement} form */
  #listen(form) {
    const input = find(form, 'input', HTMLInputElement)
    const area = new ActionArea(form, input)
    onSubmit(form, () => area.attempt(() => this.#create(input)))
  }

  #load() {
    this.attempt(() => ignoreDisconnect(this.#feed.load(() => this.#read(), false)))
  }

  async #read() {
    const page = await request(this.#client, 'GET', '/api/rooms?limit=1000&sort=name')
    this.#links.clear()
    this.#list.replaceChildren()
    for (const row of page.data) this.#place(row)
    this.#count()
    return page.position ?? null
  }

  /** @param {import('/client/feed.js').Change} type @param {RoomRow} row */
  #apply(type, row) {
    this.#links.get(row.id)?.parentElement?.remove()
    this.#links.delete(row.id)
    if (type !== 'deleted') this.#place(row)
    this.#count()
  }

  /** @param {RoomRow} row */
  #place({ id, name }) {
    const item = document.importNode(this.#template.content, true)
    const link = find(item, 'a', HTMLAnchorElement)
    link.href = `#${id}`
    link.textContent = name
    const below = [...this.#links.values()].filter((other) => isBelow(other, name)).toSorted(byName)[0]
    this.#links.set(id, link)
    this.#list.insertBefore(item, below?.parentElement ?? null)
    this.mark(this.#marked)
  }

  #count() {
    this.#empty.hidden = this.#links.size > 0
  }

  /** Marks the open room. @param {string} id */
  mark(id) {
    this.#marked = id
    for (const [each, link] of this.#links) link.ariaCurrent = each === id ? 'page' : null
  }

  /** @param {HTMLInputElement} input */
  async #create(input) {
    const name = input.value.trim()
    if (!name) throw new ApiError('Enter a name for the room first.', 400)
    const id = this.#ids.get(name) ?? newId()
    this.#ids.set(name, id)
    const stored = await this.#store(id, name)
    this.#ids.delete(name)
    input.value = ''
    say(stored === id ? `Created ${name}.` : `The room ${name} already exists.`)
    location.hash = stored
  }

  /** @param {string} id @param {string} name @returns the id of the room with the name */
  async #store(id, name) {
    try {
      await request(this.#client, 'PUT', `/api/rooms/${id}`, { 'If-None-Match': '*' }, { name })
      return id
    } catch (error) {
      // A response got lost or another user was quicker: the room exists.
      const rows = error instanceof ApiError && [409, 412].includes(error.status) ? await this.#named(name) : []
      if (rows[0]) return rows[0].id
      throw error
    }
  }

  /** @param {string} name @returns {Promise<RoomRow[]>} */
  async #named(name) {
    const query = new URLSearchParams({ 'filter[name][$eq]': name })
    return (await request(this.#client, 'GET', `/api/rooms?${query}`)).data
  }
}

/** @param {HTMLAnchorElement} link @param {string} name */
function isBelow(link, name) {
  return link.text.localeCompare(name) > 0
}

/** @param {HTMLAnchorElement} one @param {HTMLAnchorElement} other */
function byName(one, other) {
  return one.text.localeCompare(other.text)
}
