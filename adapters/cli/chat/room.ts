import { type Change, Feed } from '../../../src/client/feed.js'
import { newId } from '../../../src/client/id.js'
import type { Membership } from '../../../src/client/membership.js'
import type { MessageClient } from '../../../src/client/message-client.js'
import { RequestError } from '../../../src/client/requests.js'
import type { Position } from '../../../src/client/subscription.js'

export interface Message {
  id: string
  createdAt: string
  author: string
  text: string
  edited: boolean
}

export interface RoomListener {
  /** The room exists, and its messages are followed. */
  opened(id: string): void
  /** The newest messages, oldest first: at the start, and again after a gap. */
  history(messages: Message[]): void
  changed(type: 'created' | 'updated', message: Message): void
  deleted(id: string): void
  presence(present: string[], typing: string[]): void
  /** The server rejected a request. */
  failed(reason: string): void
}

interface List<Row> {
  data: Row[]
  position?: Position
}

const historyRows = 30

/** A room, found by its name or created, and followed across reconnects. */
export class Room {
  readonly #client: MessageClient
  readonly #name: string
  readonly #me: string
  readonly #listener: RoomListener
  #id: string | null = null
  #feed: Feed | null = null
  #membership: Membership | null = null
  #opening: Promise<void> | null = null

  constructor(client: MessageClient, name: string, me: string, listener: RoomListener) {
    this.#client = client
    this.#name = name
    this.#me = me
    this.#listener = listener
  }

  /** Called on each new connection: finishes the steps that are not done yet. */
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
      if (!(error instanceof RequestError)) throw error
      // The connection is lost: the next one continues.
      if (error.code !== 0) this.#listener.failed(error.message)
    }
  }

  async #enter(id: string): Promise<void> {
    const { changed, deleted } = this.#listener
    const apply = (type: Change, row: Message) => (type === 'deleted' ? deleted(row.id) : changed(type, row))
    const callbacks = { apply, onGap: () => void this.#restart() }
    this.#feed ??= new Feed(this.#client, `messages/${id}`, callbacks)
    await this.#feed.load(() => this.#history(id), false)
    this.#membership ??= this.#client.join(`messages/${id}`, this.#me, (membership) => this.#showPresence(membership))
    this.#listener.opened(id)
    await this.#addMember(id)
  }

  /** Loads all again after lost events; the server may have other data, and the room another id. */
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
    const found = await this.#findByName()
    if (found) return found
    const id = newId()
    try {
      await this.#client.request(`PUT /api/rooms/${id}`, {
        headers: { 'If-None-Match': '*' },
        body: { name: this.#name },
      })
      return id
    } catch (error) {
      // Another user created it first.
      const other = error instanceof RequestError && error.code === 409 ? await this.#findByName() : null
      if (other) return other
      throw error
    }
  }

  async #findByName(): Promise<string | null> {
    const { data } = await this.#list<{ id: string }>('rooms', { 'filter[name][$eq]': this.#name })
    return data[0]?.id ?? null
  }

  async #history(room: string): Promise<Position | null> {
    const query = { 'filter[room][$eq]': room, sort: '-createdAt', limit: String(historyRows) }
    const { data, position } = await this.#list<Message>('messages', query)
    this.#listener.history(data.toReversed())
    return position ?? null
  }

  /** Adds the name to the members of the room. */
  async #addMember(room: string): Promise<void> {
    const query = { 'filter[room][$eq]': room, 'filter[name][$eq]': this.#me }
    const { data } = await this.#list('members', query)
    if (data.length === 0) await this.#client.request('POST /api/members', { body: { room, name: this.#me } })
  }

  async #list<Row>(name: string, query: Record<string, string>): Promise<List<Row>> {
    const response = await this.#client.request(`GET /api/${name}?${new URLSearchParams(query)}`)
    return response.body as List<Row>
  }

  #showPresence({ members, self }: Membership): void {
    const all = [...members.values()]
    const typing = all.filter(({ id, state }) => id !== self && state?.typing === true)
    this.#listener.presence(namesOf(all), namesOf(typing))
  }

  setTyping(typing: boolean): void {
    this.#membership?.update({ typing })
  }

  leave(): void {
    this.#membership?.leave()
  }
}

function namesOf(members: readonly { name: string }[]): string[] {
  return [...new Set(members.map(({ name }) => name))].toSorted()
}
