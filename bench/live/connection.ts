/** A TCP connection that a load generator can have thousands of: all read into the same memory, and only the rest of a message is copied. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Takes complete messages from the bytes before `end` and returns their number of bytes. */
export type Take = (bytes: Buffer, end: number) => number

export interface Address {
  port: number
  /** Each of them has its own; a thousand share a source address. */
  index?: number
}

const connectionsPerAddress = 1000
const shared = Buffer.allocUnsafeSlow(256 * 1024)

export class Connection {
  readonly socket: Socket
  #take: Take = (_, end) => end
  #rest: Buffer | null = null
  #isClosing = false

  constructor({ port, index = 0 }: Address) {
    const localAddress = `127.0.0.${Math.floor(index / connectionsPerAddress) + 1}`
    const onread = { buffer: shared, callback: (length: number) => this.#read(length) }
    this.socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true, onread })
    // A connection closed by the server ends the run, as an uncaught exception.
    this.socket.on('close', () => {
      if (!this.#isClosing) throw new Error(`A connection was closed; it had ${JSON.stringify(this.#unread())} left.`)
    })
  }

  async opened(): Promise<this> {
    await once(this.socket, 'connect')
    return this
  }

  /** From this offset; the rest of earlier data comes first. */
  listen(take: Take): void {
    this.#take = take
    const rest = this.#rest
    this.#rest = null
    if (rest !== null) this.#offer(rest, rest.length)
  }

  write(bytes: Buffer | string): void {
    this.socket.write(bytes)
  }

  /** With a reset, so that its port is free at once. */
  close(): void {
    this.#isClosing = true
    this.socket.resetAndDestroy()
  }

  #read(length: number): boolean {
    const rest = this.#rest
    const bytes = rest === null ? shared : Buffer.concat([rest, shared.subarray(0, length)])
    this.#rest = null
    this.#offer(bytes, rest === null ? length : bytes.length)
    return true
  }

  #offer(bytes: Buffer, end: number): void {
    const taken = this.#take(bytes, end)
    if (taken < end) this.#rest = Buffer.from(bytes.subarray(taken, end))
  }

  #unread(): string {
    return this.#rest?.toString('latin1', 0, 300) ?? ''
  }
}

/** Resolves with the first message, whose end `endOf` finds; later bytes wait for `listen`. */
export function firstOf(connection: Connection, endOf: Take): Promise<Buffer> {
  return new Promise((resolve) => {
    let isFound = false
    connection.listen((bytes, end) => {
      const to = isFound ? 0 : endOf(bytes, end)
      if (to > 0) resolve(Buffer.from(bytes.subarray(0, to)))
      isFound ||= to > 0
      return to
    })
  })
}

/** Finds the end of the first occurrence of these bytes; 0 when they have not arrived. */
export function through(mark: string): Take {
  return (bytes, end) => {
    const at = bytes.indexOf(mark, 0, 'latin1')
    return at === -1 || at + mark.length > end ? 0 : at + mark.length
  }
}

/** Connections opened at a time: the kernel queues no more before they are accepted. */
const openingMax = 200

/** Makes this many, some at a time. */
export async function openMany<T>(count: number, open: (index: number) => Promise<T>): Promise<T[]> {
  const all: T[] = []
  let next = 0
  async function opener(): Promise<void> {
    for (let index = next++; index < count; index = next++) all[index] = await open(index)
  }
  await Promise.all(Array.from({ length: openingMax }, opener))
  return all
}
