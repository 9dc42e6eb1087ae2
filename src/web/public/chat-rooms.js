import { Area, Refusal } from './area.js'
import { find, onSubmit, say } from './dom.js'
import { Feed } from './feed.js'
import { newId } from './id.js'
import { ask, onLive, unlessLost } from './session-api.js'

/** @typedef {import('./live.js').Live} Live */
/** @typedef {{ id: string, name: string, version: number }} RoomRow */

/** All rooms, by name. */
export class Rooms extends Area {
  #live
  #feed
  #list
  #empty
  #template = find(document, '#room-row', HTMLTemplateElement)
  #links = /** @type {Map<string, HTMLAnchorElement>} */ (new Map())
  /** Names not known to be stored, each with its id: created again with it, a room is not there twice. */
  #ids = /** @type {Map<string, string>} */ (new Map())
  #marked = ''

  /** @param {Live} live @param {HTMLElement} frame */
  constructor(live, frame) {
    super(frame, frame)
    this.#live = live
    this.#list = find(frame, 'ul', HTMLElement)
    this.#empty = find(frame, '.empty', HTMLElement)
    this.#feed = new Feed(live, 'rooms', { apply: (type, row) => this.#apply(type, row), gap: () => this.#load() })
    this.#listen(find(frame, 'form', HTMLFormElement))
    onLive(live, () => this.#feed.isLoaded || this.#load())
  }

  /** @param {HTMLFormElement} form */
  #listen(form) {
    const input = find(form, 'input', HTMLInputElement)
    const area = new Area(form, input)
    onSubmit(form, () => area.attempt(() => this.#create(input)))
  }

  #load() {
    this.attempt(() => unlessLost(this.#feed.load(() => this.#read(), false)))
  }

  async #read() {
    const page = await ask(this.#live, 'GET', '/api/rooms?limit=1000&sort=name')
    this.#links.clear()
    this.#list.replaceChildren()
    for (const row of page.data) this.#place(row)
    this.#count()
    return page.position ?? null
  }

  /** @param {import('./feed.js').Change} type @param {RoomRow} row */
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

  /** Says which room is open. @param {string} id */
  mark(id) {
    this.#marked = id
    for (const [each, link] of this.#links) link.ariaCurrent = each === id ? 'page' : null
  }

  /** @param {HTMLInputElement} input */
  async #create(input) {
    const name = input.value.trim()
    if (!name) throw new Refusal('Name the room first.', 400)
    const id = this.#ids.get(name) ?? newId()
    this.#ids.set(name, id)
    const taken = await this.#store(id, name)
    this.#ids.delete(name)
    input.value = ''
    say(taken === id ? `Created ${name}.` : `There is a room ${name} already.`)
    location.hash = taken
  }

  /** @param {string} id @param {string} name @returns the id of the room that has the name */
  async #store(id, name) {
    try {
      await ask(this.#live, 'PUT', `/api/rooms/${id}`, { 'If-None-Match': '*' }, { name })
      return id
    } catch (error) {
      // Either an answer got lost, or somebody was quicker: the room is there.
      const rows = error instanceof Refusal && [409, 412].includes(error.status) ? await this.#named(name) : []
      if (rows[0]) return rows[0].id
      throw error
    }
  }

  /** @param {string} name @returns {Promise<RoomRow[]>} */
  async #named(name) {
    const query = new URLSearchParams({ 'filter[name][$eq]': name })
    return (await ask(this.#live, 'GET', `/api/rooms?${query}`)).data
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
