/** A raw connection to a server, plain or with TLS, for control over every byte and for a look at each that comes. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setInterval as ticks } from 'node:timers/promises'
import { connect as connectSecurely } from 'node:tls'
import { type ParsedResponse, type Reading, readResponses } from '../../probe/responses.ts'

export interface WireOptions {
  port: number
  host?: string
  isSecure?: boolean
  /** The client's address: all of 127.0.0.0/8 is this machine. */
  localAddress?: string
  /** Reads nothing before it is resumed. */
  isPaused?: boolean
}

/** The interval between the steps of a slow client. */
const dripMs = 20

export class Wire {
  readonly socket: Socket
  /** Resolves when both sides are done: in an orderly way, or by a reset. */
  readonly closed: Promise<'ended' | 'reset'>
  /** The number of arrivals of data. */
  arrivals = 0
  receivedBytes = 0
  /** The indexes of the responses to HEAD. */
  readonly heads: number[] = []
  #parts: Buffer[] = []
  #hasEnded = false
  #change = Promise.withResolvers<void>()

  constructor(socket: Socket) {
    this.socket = socket
    let fault = false
    socket.on('error', () => {
      fault = true
    })
    socket.on('data', (bytes: Buffer) => {
      this.arrivals += 1
      this.receivedBytes += bytes.length
      this.#parts.push(bytes)
      this.#report()
    })
    socket.on('end', () => {
      this.#hasEnded = true
      this.#report()
    })
    this.closed = new Promise((resolve) => socket.on('close', () => resolve(fault ? 'reset' : 'ended')))
    socket.on('close', () => this.#report())
  }

  /** Resolves everything that waits for data or for the end. */
  #report(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers<void>()
  }

  /** False when it has to wait in this process, because the server does not read. */
  send(data: string | Uint8Array): boolean {
    return typeof data === 'string' ? this.socket.write(data, 'latin1') : this.socket.write(data)
  }

  /** Sends the same bit again and again until the connection is over or the caller stops it. */
  async drip(bit: string, isEnough: () => boolean = () => false): Promise<void> {
    for await (const _ of ticks(dripMs)) {
      if (isEnough() || this.socket.destroyed || this.socket.writableEnded || this.#hasEnded) return
      this.send(bit)
    }
  }

  get received(): Buffer {
    this.#parts = [Buffer.concat(this.#parts)]
    return this.#parts[0] as Buffer
  }

  get reading(): Reading {
    return readResponses(this.received.toString('latin1'), this.heads, this.#hasEnded)
  }

  /** Resolves when so many responses are whole. @throws when the connection ends before */
  async responses(count: number): Promise<readonly ParsedResponse[]> {
    const { responses, problem } = await this.until(({ responses: { length }, problem: fault }) => {
      return length >= count || fault !== null
    })
    if (problem !== null || responses.length < count) throw new Error(`${responses.length} answers, then: ${problem}`)
    return responses
  }

  async response(): Promise<ParsedResponse> {
    return (await this.responses(1))[0] as ParsedResponse
  }

  /** Resolves as soon as what has come is enough, or nothing more comes. */
  async until(isEnough: (reading: Reading, text: string) => boolean): Promise<Reading> {
    for (;;) {
      const { reading } = this
      if (isEnough(reading, this.received.toString('latin1')) || this.#hasEnded || this.socket.closed) return reading
      await this.#change.promise
    }
  }

  /** Resolves with all that came once nothing more does. */
  async all(): Promise<Reading> {
    await this.closed
    this.#hasEnded = true
    return this.reading
  }

  async receivedAtLeast(bytes: number): Promise<void> {
    while (this.receivedBytes < bytes) {
      if (this.socket.closed) throw new Error(`The connection ended after ${this.receivedBytes} bytes.`)
      await this.#change.promise
    }
  }
}

export async function openWire({ port, host = '127.0.0.1', ...options }: WireOptions): Promise<Wire> {
  const { isSecure = false, localAddress, isPaused = false } = options
  const to = { port, host, allowHalfOpen: false, ...(localAddress === undefined ? {} : { localAddress }) }
  const socket = isSecure ? connectSecurely({ ...to, rejectUnauthorized: false }) : connect(to)
  await once(socket, isSecure ? 'secureConnect' : 'connect')
  const wire = new Wire(socket)
  if (isPaused) socket.pause()
  return wire
}

const host = 'Host: localhost\r\n'

/** A GET, or another method without a body, and the field lines given. */
export function get(target: string, ...fields: readonly string[]): string {
  return bare('GET', target, ...fields)
}

export function bare(method: string, target: string, ...fields: readonly string[]): string {
  return `${method} ${target} HTTP/1.1\r\n${host}${fields.map((field) => `${field}\r\n`).join('')}\r\n`
}

/** The head of a POST of so many bytes, or of one in chunks. */
export function post(target: string, length: number | 'chunked', ...fields: readonly string[]): string {
  const framing = length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`
  return bare('POST', target, framing, ...fields)
}

export function fieldOf(response: Pick<ParsedResponse, 'fields'> | undefined, name: string): string | undefined {
  return response?.fields.find(([key]) => key === name)?.[1]
}
