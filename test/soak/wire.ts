/** A connection to the server that is soaked: every byte as its user wants it, read only when it is asked for. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'

/** The other end broke off, or was silent for too long. */
export class BrokenError extends Error {
  override readonly name = 'BrokenError'
}

export interface WireOptions {
  port: number
  isSecure?: boolean
  /** All of 127.0.0.0/8 is this machine. */
  localAddress?: string
}

/** Far longer than a server that is alive needs, on a machine that is busy. */
const timeoutMs = 30_000
/** More than this is left to the kernel, which then tells the server to wait. */
const queueBytesMax = 256 * 1024

export class Wire {
  readonly #raw: Socket
  readonly #socket: Socket
  readonly #queue: Buffer[] = []
  #queuedBytes = 0
  #hasEnded = false
  #broken: BrokenError | null = null
  #wake: (() => void) | null = null

  constructor(raw: Socket, socket: Socket) {
    this.#raw = raw
    this.#socket = socket
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`nothing for ${timeoutMs / 1000} s`)))
    socket.on('data', (bytes: Buffer) => this.#take(bytes))
    socket.on('end', () => {
      this.#hasEnded = true
      this.#stir()
    })
    socket.on('error', (error) => this.#break(error.message))
    socket.on('close', () => this.#break('closed'))
    // With TLS this one has errors of its own.
    raw.on('error', () => {})
  }

  /** @throws BrokenError when there is no connection */
  static async open({ port, isSecure = false, localAddress = '127.0.0.1' }: WireOptions): Promise<Wire> {
    const raw = connect({ port, host: '127.0.0.1', localAddress, allowHalfOpen: true, noDelay: true })
    const socket = isSecure
      ? connectSecurely({ socket: raw, rejectUnauthorized: false, allowHalfOpen: true } as object)
      : raw
    const wire = new Wire(raw, socket)
    const isOpen = once(socket, isSecure ? 'secureConnect' : 'connect')
    const over = once(socket, 'close')
    isOpen.catch(() => {})
    over.catch(() => {})
    const won = await Promise.race([isOpen.then(() => true), over.then(() => false)]).catch(() => false)
    if (!won) throw new BrokenError(`no connection: ${wire.#broken?.message}`)
    return wire
  }

  /** Resolves when more may be sent; with false when nothing can be. */
  async send(data: string | Uint8Array): Promise<boolean> {
    if (!this.#socket.writable) return false
    const isTaken = typeof data === 'string' ? this.#socket.write(data, 'latin1') : this.#socket.write(data)
    if (isTaken) return true
    return await new Promise((resolve) => {
      const settle = () => {
        this.#socket.off('drain', settle).off('close', settle)
        resolve(this.#socket.writable)
      }
      this.#socket.on('drain', settle).on('close', settle)
    })
  }

  /**
   * Resolves with what came next, or with null at the other side's end.
   * @throws BrokenError
   */
  async read(): Promise<Buffer | null> {
    for (;;) {
      const bytes = this.#queue.shift()
      if (bytes !== undefined) {
        this.#queuedBytes -= bytes.length
        if (this.#queuedBytes < queueBytesMax) this.#socket.resume()
        return bytes
      }
      if (this.#hasEnded) return null
      if (this.#broken !== null) throw this.#broken
      this.#socket.resume()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Reads and discards; resolves with the kind of the end. */
  async rest(): Promise<'end' | BrokenError> {
    try {
      while ((await this.read()) !== null);
      return 'end'
    } catch (error) {
      return error as BrokenError
    }
  }

  pause(): void {
    this.#socket.pause()
  }

  /** Sends the end, and continues to read. */
  finish(): void {
    this.#socket.end()
  }

  /** Breaks off so that the other end gets an error. */
  reset(): void {
    // A reset while the end is on its way fails, and leaves the socket open for good.
    if (!this.#socket.writableEnded && !this.#raw.destroyed) this.#raw.resetAndDestroy()
    this.close()
  }

  close(): void {
    this.#socket.destroy()
    this.#raw.destroy()
  }

  #take(bytes: Buffer): void {
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.length
    if (this.#queuedBytes >= queueBytesMax) this.#socket.pause()
    this.#stir()
  }

  #break(why: string): void {
    this.#broken ??= new BrokenError(why)
    this.#stir()
  }

  #stir(): void {
    this.#wake?.()
    this.#wake = null
  }
}
