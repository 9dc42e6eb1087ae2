import { Feed } from '/client/feed.js'
import { onConnected, request } from '../shared/connection-api.js'
import { copy, find } from '../shared/dom.js'

/** @typedef {import('/client/message-client.js').MessageClient} MessageClient */

/** After this time without a key stroke a member is no longer typing. */
const typingMs = 4000

/** The members of a room: present, away, and typing. */
export class MemberList {
  #client
  #room
  #me
  #feed
  #membership
  #typingTimer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined)
  #isTyping = false
  /** The names of all members, by the id of the row. */
  #names = /** @type {Map<string, string>} */ (new Map())
  #list = find(document, '#people', HTMLElement)
  #typing = find(document, '#typing', HTMLElement)
  #template = find(document, '#person', HTMLTemplateElement)

  /** @param {MessageClient} client @param {string} room @param {string} me @param {AbortSignal} signal */
  constructor(client, room, me, signal) {
    this.#client = client
    this.#room = room
    this.#me = me
    this.#feed = new Feed(client, `members/${room}`, {
      apply: (type, row) => this.#apply(type, row),
      onGap: () => void this.#load(),
    })
    this.#membership = client.join(`messages/${room}`, me, () => this.#paint())
    client.addEventListener('status', () => this.#paint(), { signal })
    onConnected(client, () => this.#feed.isLoaded || void this.#load(), signal)
    this.#paint()
  }

  /** If it fails, the members who are present are still shown. */
  async #load() {
    await this.#feed.load(() => this.#read(), false).catch(() => {})
    const isKnown = [...this.#names.values()].includes(this.#me)
    const body = { room: this.#room, name: this.#me }
    if (this.#feed.isLoaded && !isKnown) await request(this.#client, 'POST', '/api/members', {}, body).catch(() => {})
  }

  async #read() {
    const query = new URLSearchParams({ 'filter[room][$eq]': this.#room, limit: '1000' })
    const page = await request(this.#client, 'GET', `/api/members?${query}`)
    this.#names = new Map(page.data.map((/** @type {{ id: string, name: string }} */ { id, name }) => [id, name]))
    this.#paint()
    return page.position ?? null
  }

  /** @param {import('/client/feed.js').Change} type @param {{ id: string, name: string }} row */
  #apply(type, { id, name }) {
    if (type === 'deleted') this.#names.delete(id)
    else this.#names.set(id, name)
    this.#paint()
  }

  #paint() {
    const present = this.#client.isConnected ? [...this.#membership.members.values()] : []
    const here = new Set(present.map(({ name }) => name))
    const away = new Set([...this.#names.values()].filter((name) => !here.has(name)))
    this.#list.replaceChildren(
      ...[...here].toSorted().map((name) => this.#person(name, true)),
      ...[...away].toSorted().map((name) => this.#person(name, false)),
    )
    const others = present.filter(({ id, state }) => id !== this.#membership.self && state?.typing)
    const text = typingText([...new Set(others.map(({ name }) => name))])
    if (this.#typing.textContent !== text) this.#typing.textContent = text
  }

  /** @param {string} name @param {boolean} isHere */
  #person(name, isHere) {
    const item = copy(this.#template)
    item.classList.toggle('here', isHere)
    find(item, '.person', HTMLElement).textContent = name
    find(item, '.unseen', HTMLElement).textContent = isHere ? ' is here' : ' is away'
    return item
  }

  /** @param {boolean} isTyping */
  setTyping(isTyping) {
    clearTimeout(this.#typingTimer)
    if (isTyping) this.#typingTimer = setTimeout(() => this.setTyping(false), typingMs)
    if (isTyping === this.#isTyping) return
    this.#isTyping = isTyping
    this.#membership.update({ typing: isTyping })
  }

  close() {
    clearTimeout(this.#typingTimer)
    this.#membership.leave()
    this.#feed.close()
    this.#list.replaceChildren()
    this.#typing.textContent = ''
  }
}

/** @param {string[]} names */
function typingText(names) {
  const [first, second] = names
  if (!first) return ''
  if (!second) return `${first} is typing …`
  return names.length === 2 ? `${first} and ${second} are typing …` : `${names.length} people are typing …`
}
