import { Feed } from '../../../src/web/public/feed.js'
import { newId } from '../../../src/web/public/id.js'
import { Failure, type Live, type Position } from '../../../src/web/public/live.js'
import type { Membership } from '../../../src/web/public/live-topic.js'

export interface Message {
  id: string
  createdAt: string
  author: string
  text: string
  edited: boolean
}

export interface RoomListener {
  /** The room is found, and its messages follow. */
  opened(id: string): void
  /** The newest messages, oldest first: at the start, and again after a gap. */
  history(messages: Message[]): void
  changed(type: 'created' | 'updated' | 'deleted', message: Message): void
  people(here: string[], typing: string[]): void
  /** The server would not have it. */
  failed(reason: string): void
}

interface List<Row> {
  data: Row[]
  position?: Position
}

const historyRows = 30

/** A room by its name, found or made, and followed for as long as the session lives. */
export class Room {
  readonly #live: Live
  readonly #name: string
  readonly #me: string
  readonly #listener: RoomListener
  #id: string | null = null
  #feed: Feed | null = null
  #membership: Membership | null = null
  #opening: Promise<void> | null = null

  constructor(live: Live, name: string, me: string, listener: RoomListener) {
    this.#live = live
    this.#name = name
    this.#me = me
    this.#listener = listener
  }

  /** To be called whenever there is a connection: does what is still to be done. */
  open(): Promise<void> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  async #open(): Promise<void> {
    if (this.#feed?.isLoaded) return
    try {
      this.#id ??= await this.#find()
      await this.#enter(this.#id)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      // Lost on the way: the next connection goes on with it.
      if (error.code !== 0) this.#listener.failed(error.message)
    }
  }

  async #enter(id: string): Promise<void> {
    const { changed } = this.#listener
    const use = { apply: changed, gap: () => void this.#restart() }
    this.#feed ??= new Feed(this.#live, `messages/${id}`, use)
    await this.#feed.load(() => this.#history(id), false)
    this.#membership ??= this.#live.join(`messages/${id}`, this.#me, (membership) => this.#tellPeople(membership))
    this.#listener.opened(id)
    await this.#enroll(id)
  }

  /** Something is lost; perhaps the server has other data than before, and the room another id. */
  async #restart(): Promise<void> {
    await this.#opening
    this.leave()
    this.#feed?.close()
    this.#feed = null
    this.#membership = null
    this.#id = null
    await this.open()
  }

  async #find(): Promise<string> {
    const found = await this.#named()
    if (found) return found
    const id = newId()
    try {
      await this.#live.request(`PUT /api/rooms/${id}`, {
        headers: { 'If-None-Match': '*' },
        body: { name: this.#name },
      })
      return id
    } catch (error) {
      // Somebody was quicker to make it.
      const other = error instanceof Failure && error.code === 409 ? await this.#named() : null
      if (other) return other
      throw error
    }
  }

  async #named(): Promise<string | null> {
    const { data } = await this.#list<{ id: string }>('rooms', { 'filter[name][$eq]': this.#name })
    return data[0]?.id ?? null
  }

  async #history(room: string): Promise<Position | null> {
    const query = { 'filter[room][$eq]': room, sort: '-createdAt', limit: String(historyRows) }
    const { data, position } = await this.#list<Message>('messages', query)
    this.#listener.history(data.toReversed())
    return position ?? null
  }

  /** Says that somebody of this name has been here. */
  async #enroll(room: string): Promise<void> {
    const query = { 'filter[room][$eq]': room, 'filter[name][$eq]': this.#me }
    const { data } = await this.#list('members', query)
    if (data.length === 0) await this.#live.request('POST /api/members', { body: { room, name: this.#me } })
  }

  async #list<Row>(name: string, query: Record<string, string>): Promise<List<Row>> {
    const answer = await this.#live.request(`GET /api/${name}?${new URLSearchParams(query)}`)
    return answer.body as List<Row>
  }

  #tellPeople({ members, self }: Membership): void {
    const all = [...members.values()]
    const typing = all.filter(({ id, state }) => id !== self && state?.typing === true)
    this.#listener.people(namesOf(all), namesOf(typing))
  }

  isTyping(typing: boolean): void {
    this.#membership?.update({ typing })
  }

  leave(): void {
    this.#membership?.leave()
  }
}

function namesOf(members: readonly { name: string }[]): string[] {
  return [...new Set(members.map(({ name }) => name))].toSorted()
}
