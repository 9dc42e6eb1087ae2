/** Reads responses off a connection one after the other, as they come, bodies into a hash. */
import { setTimeout as pause } from 'node:timers/promises'
import { Digest } from './contents.ts'
import { BrokenError, type Wire } from './wire.ts'

export interface Head {
  status: number
  fields: ReadonlyMap<string, string>
}

export interface ParsedResponse extends Head {
  digest: string
  /** The first bytes of the body. */
  text: string
  isLast: boolean
}

export interface Pace {
  /** Waits `ms` after so many bytes of a body. */
  bytes: number
  ms: number
}

const headBytesMax = 64 * 1024
const textBytesMax = 4096

export class ResponseReader {
  readonly #wire: Wire
  #rest: Buffer = Buffer.alloc(0)
  #pace: Pace | null = null
  #unpaced = 0

  constructor(wire: Wire) {
    this.#wire = wire
  }

  /**
   * The next response that is no 1xx.
   * @throws BrokenError when it is not all there, or not HTTP
   */
  async next(method: string, pace: Pace | null = null): Promise<ParsedResponse> {
    let head = await this.head()
    while (head.status < 200 && head.status !== 101) head = await this.head()
    return await this.body(head, method, pace)
  }

  async body(head: Head, method: string, pace: Pace | null = null): Promise<ParsedResponse> {
    const { status, fields } = head
    this.#pace = pace
    const digest = new Digest()
    let text = ''
    const take = (part: Buffer) => {
      digest.update(part)
      if (text.length < textBytesMax) text += part.toString('latin1', 0, textBytesMax)
    }
    const isBodiless = method === 'HEAD' || status === 204 || status === 304
    const isUnframed = isBodiless ? false : await this.#read(head, take)
    return { status, fields, digest: digest.end(), text, isLast: isUnframed || fields.get('connection') === 'close' }
  }

  /** The next head, of a 1xx too. */
  async head(): Promise<Head> {
    const first = await this.line('before a response')
    const status = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(first)?.[1]
    if (status === undefined) throw new BrokenError(`no response but ${JSON.stringify(first.slice(0, 80))}`)
    const fields = new Map<string, string>()
    for (let line = await this.line('in a head'); line !== ''; line = await this.line('in a head')) {
      const colon = line.indexOf(':')
      if (colon < 1) throw new BrokenError(`no field but ${JSON.stringify(line.slice(0, 80))}`)
      fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
    }
    return { status: Number(status), fields }
  }

  async line(where: string): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\r\n')
      if (end !== -1) {
        const line = this.#rest.toString('latin1', 0, end)
        this.#rest = this.#rest.subarray(end + 2)
        return line
      }
      if (this.#rest.length > headBytesMax) throw new BrokenError(`a line without end ${where}`)
      const more = await this.#wire.read()
      if (more === null) throw new BrokenError(`ended ${where}`)
      this.#rest = this.#rest.length === 0 ? more : Buffer.concat([this.#rest, more])
    }
  }

  /** Exactly so many bytes. */
  async bytes(length: number, take: (part: Buffer) => void): Promise<void> {
    for (let left = length; left > 0; ) {
      const part = await this.#some()
      if (part === null) throw new BrokenError(`ended ${left} bytes before the end of a body`)
      take(part.subarray(0, left))
      this.#rest = part.subarray(left)
      left -= Math.min(left, part.length)
      await this.#keepPace(part.length)
    }
  }

  /** Resolves with true when the body went up to the end of the connection. */
  async #read({ fields }: Head, take: (part: Buffer) => void): Promise<boolean> {
    const length = fields.get('content-length')
    if (fields.get('transfer-encoding') === 'chunked') await this.#chunks(take)
    else if (length !== undefined) await this.bytes(Number(length), take)
    else {
      for (let part = await this.#some(); part !== null; part = await this.#some()) take(part)
      return true
    }
    return false
  }

  async #chunks(take: (part: Buffer) => void): Promise<void> {
    for (;;) {
      const line = await this.line('before a chunk')
      if (!/^[\da-f]{1,8}$/.test(line)) throw new BrokenError(`no chunk but ${JSON.stringify(line.slice(0, 80))}`)
      const size = Number.parseInt(line, 16)
      await this.bytes(size, take)
      if ((await this.line('after a chunk')) !== '') throw new BrokenError('a chunk longer than its size')
      if (size === 0) return
    }
  }

  async #some(): Promise<Buffer | null> {
    const part = this.#rest.length > 0 ? this.#rest : await this.#wire.read()
    this.#rest = Buffer.alloc(0)
    return part
  }

  async #keepPace(bytes: number): Promise<void> {
    if (this.#pace === null) return
    this.#unpaced += bytes
    if (this.#unpaced < this.#pace.bytes) return
    this.#unpaced = 0
    await pause(this.#pace.ms)
  }
}
