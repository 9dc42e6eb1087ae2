/** A client's connection with one request at a time; it reports only the status of a response. */
import { connect, type Socket } from 'node:net'

const endOfHead = '\r\n\r\n'

export class Connection {
  readonly #socket: Socket
  #text = ''
  #onStatus: ((status: number) => void) | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (text: unknown) => this.#take(String(text)))
    socket.on('close', () => this.#onStatus?.(0))
    socket.on('error', () => {})
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new Connection(socket)))
      socket.once('error', reject)
    })
  }

  /** @param onStatus receives the status, 0 when there is no response */
  ask(request: string, onStatus: (status: number) => void): void {
    this.#onStatus = onStatus
    if (this.#socket.destroyed) onStatus(0)
    else this.#socket.write(request, 'latin1')
  }

  close(): void {
    this.#onStatus = null
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#text += text
    const head = this.#text.indexOf(endOfHead)
    if (head === -1) return
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#text)?.[1]
    if (length === undefined) throw new Error(`No length in the response:\n${this.#text}`)
    if (this.#text.length < head + endOfHead.length + Number(length)) return
    const status = Number(this.#text.slice(9, 12))
    this.#text = ''
    this.#onStatus?.(status)
  }
}

/** The bytes of a request. */
export function requestText(line: string, fields: Readonly<Record<string, string>> = {}, body = ''): string {
  const all = { Host: 'localhost', ...fields, ...(body === '' ? {} : { 'Content-Length': String(body.length) }) }
  const text = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${line} HTTP/1.1\r\n${text.join('')}\r\n${body}`
}
