/**
 * The body of a request or a response (Fetch §5.3), kept in the form it was made from. A stream, a Blob or a form of it
 * comes from a native `Response`, which holds it from then on.
 */
import { copyOf } from './codec.ts'

const NativeResponse = globalThis.Response
const decoder = new TextDecoder()
const encoder = new TextEncoder()

type Bytes = Uint8Array<ArrayBuffer>

/** A body that is still arriving. */
export interface ArrivingBody {
  /** The whole body when it has arrived in one piece: borrowed, so to be used at once. Null otherwise. */
  takeWhole(): Bytes | null
  /** Resolves with the complete body in an array of its own; rejects when it breaks off. Call it once. */
  readAll(): Promise<Bytes>
  /** Call it once, in place of the other. */
  stream(): ReadableStream<Bytes>
}

/** A native `Response` brings a body of any other kind. */
export type BodySource = string | Bytes | ArrivingBody | Response

/** A body, to be read once. */
export class LightBody {
  readonly #source: string | Bytes | ArrivingBody | null
  #native: Response | null
  #isUsed = false

  constructor(source: BodySource) {
    this.#native = source instanceof NativeResponse ? source : null
    this.#source = source instanceof NativeResponse ? null : source
  }

  /** The text or bytes it was made from, if the body is unused. */
  get plain(): string | Bytes | null {
    const source = this.#source
    if (this.#isUsed || this.#native !== null) return null
    return typeof source === 'string' || source instanceof Uint8Array ? source : null
  }

  get stream(): ReadableStream<Bytes> {
    this.#native ??= this.#makeNative()
    return this.#native.body as ReadableStream<Bytes>
  }

  /** Returns the stream to a caller that will read it: from now on the body counts as used. */
  takeStream(): ReadableStream<Bytes> {
    const { stream } = this
    this.#isUsed = true
    return stream
  }

  get isUsed(): boolean {
    return this.#isUsed || (this.#native?.bodyUsed ?? false)
  }

  // Without `async`, because each further promise costs as much as the reading of a small body.
  text(): Promise<string> {
    if (this.#isUsed) return Promise.reject(usedError())
    if (this.#native !== null) return this.#native.text()
    const source = this.#take()
    if (typeof source === 'string') return Promise.resolve(withoutMark(source.toWellFormed()))
    const whole = source instanceof Uint8Array ? source : source.takeWhole()
    return whole === null ? (source as ArrivingBody).readAll().then(decode) : Promise.resolve(decode(whole))
  }

  bytes(): Promise<Bytes> {
    if (this.#isUsed) return Promise.reject(usedError())
    if (this.#native !== null) return this.#native.bytes()
    const source = this.#take()
    if (typeof source === 'string') return Promise.resolve(encoder.encode(source))
    return source instanceof Uint8Array ? Promise.resolve(copyOf(source)) : source.readAll()
  }

  /**
   * Returns another body of the same content.
   * @throws TypeError when this one is used or locked
   */
  clone(): LightBody {
    if (this.#isUsed) throw usedError()
    const { plain } = this
    if (plain !== null) return new LightBody(plain)
    this.#native ??= this.#makeNative()
    return new LightBody(this.#native.clone())
  }

  #take(): string | Bytes | ArrivingBody {
    this.#isUsed = true
    return this.#source as string | Bytes | ArrivingBody
  }

  #makeNative(): Response {
    const source = this.#source
    if (!this.#isUsed) {
      const isPlain = typeof source === 'string' || source instanceof Uint8Array
      return new NativeResponse(isPlain ? source : (source as ArrivingBody).stream())
    }
    const used = new NativeResponse('')
    void used.text()
    return used
  }
}

function decode(bytes: Bytes): string {
  return decoder.decode(bytes)
}

function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

function usedError(): TypeError {
  return new TypeError('The body is already used.')
}

/** The whole body as a native object with this content type, which decides about Blobs and forms. */
export function nativeOf(bytes: Bytes, type: string | null): Response {
  return new NativeResponse(bytes, type === null ? {} : { headers: { 'content-type': type } })
}
