/** A client that follows one topic: it connects, is cut off, stalls, reloads, and continues. */

import { Copy, type Position, type Row, type Start } from './copy.ts'
import type { SimulatedServer } from './simulated-server.ts'

/** Tells a connection whether it is still needed. */
export interface Connection {
  readonly isOver: boolean
  /** Waits while the client takes nothing. */
  ready(): Promise<void>
  onEnd(end: () => void): void
  /** The connection outlives the server's memory; this resumes it. */
  onEvict(wake: () => Promise<void>): void
}

interface Current {
  isOver: boolean
  ends: (() => void)[]
  wake: (() => Promise<void>) | null
}

/** Follows a topic on one connection until it ends, and passes all events to the copy. */
export type Way = (reader: Reader, connection: Connection) => Promise<void>

export class Reader {
  readonly name: string
  readonly server: SimulatedServer
  readonly copy: Copy
  readonly #way: Way
  readonly #fail: (error: unknown) => void
  #current: Current | null = null
  #stall: PromiseWithResolvers<void> | null = null

  constructor(name: string, way: Way, topic: string, server: SimulatedServer, fail: (error: unknown) => void) {
    this.name = name
    this.server = server
    this.copy = new Copy(topic, server)
    this.#way = way
    this.#fail = fail
  }

  /** Connects where it is not connected and there is a server. */
  connect(): void {
    if (this.#current !== null || this.server.app === null) return
    const current: Current = { isOver: false, ends: [], wake: null }
    this.#current = current
    const connection: Connection = {
      get isOver() {
        return current.isOver
      },
      ready: async () => {
        await this.#stall?.promise
      },
      onEnd: (end) => void current.ends.push(end),
      onEvict: (wake) => {
        current.wake = wake
      },
    }
    this.#follow(connection).then(
      () => this.#ended(current),
      (error) => {
        if (!current.isOver) this.#fail(error)
      },
    )
  }

  async #follow(connection: Connection): Promise<void> {
    if (this.copy.position === null && this.copy.topic === 'todos') await this.reload(connection)
    if (!connection.isOver) await this.#way(this, connection)
  }

  #ended(current: { isOver: boolean }): void {
    if (this.#current === current) this.#current = null
  }

  /** Disconnects; the server notices it, unless it is silent. */
  disconnect(isSilent = false): void {
    const current = this.#current
    this.#current = null
    if (current === null) return
    current.isOver = true
    if (!isSilent) for (const end of current.ends) end()
  }

  /** Drops the server's memory and all connections except those that are resumed. */
  async wake(): Promise<void> {
    if (this.#current?.wake) await this.#current.wake()
    else this.disconnect(true)
  }

  stall(): void {
    this.#stall ??= Promise.withResolvers()
  }

  goOn(): void {
    this.#stall?.resolve()
    this.#stall = null
  }

  /** Loads the state, or continues at a position where a topic has none. */
  async reload(connection: Connection, fallback?: Position): Promise<void> {
    if (this.copy.topic !== 'todos') {
      if (fallback) this.copy.reload(fallback)
      return
    }
    const response = await this.ask(new Request('http://localhost/api/todos?limit=1000'))
    if (!response.ok) return
    const { data, position } = (await response.json()) as { data: Row[]; position: Position }
    if (!connection.isOver) this.copy.reload(position, data)
  }

  /** Handles a gap. Returns whether the connection can continue. */
  async recover(connection: Connection, { position }: Start): Promise<boolean> {
    await this.reload(connection, position)
    return !connection.isOver && this.copy.isOfOnePiece
  }

  async ask(request: Request): Promise<Response> {
    const { app } = this.server
    return app === null ? new Promise(() => {}) : app.fetch(request)
  }

  get isCurrent(): boolean {
    const { position, topic } = this.copy
    return position?.epoch === this.server.epoch() && position.offset === this.server.newest(topic)
  }
}
