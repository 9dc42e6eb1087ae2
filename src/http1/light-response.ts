/**
 * A `Response` (Fetch §5.5), kept in the form it was made from, so that a server can write it without streams. It replaces
 * the global one (see globals.ts), and delegates to a native object where it has no own method.
 */
import { reasonPhrase } from './grammar.ts'
import { LightBody, nativeOf } from './light-body.ts'
import { type FieldList, fieldList, LightHeaders, textOf } from './light-headers.ts'
import { delegate } from './native.ts'

const NativeResponse = globalThis.Response
type Bytes = Uint8Array<ArrayBuffer>

/** Untouched text or bytes, else a stream. */
export type BodyToWrite = string | Bytes | ReadableStream<Bytes> | null

export class LightResponse {
  readonly #status: number
  readonly #statusText: string
  readonly #fields: FieldList
  #headers: LightHeaders | null = null
  /** Text stays text until the body is read: most responses are text that only the server reads. */
  #text: string | null = null
  #body: LightBody | null = null

  /** @throws RangeError, TypeError as the native one does */
  constructor(body?: BodyInit | null, init?: ResponseInit) {
    const { status = 200, statusText = '', headers } = dictionary(init)
    this.#status = status === 200 ? status : checkStatus(status)
    this.#statusText = statusText === '' ? '' : checkText(statusText)
    this.#fields = fieldList(headers)
    if (body === null || body === undefined) return
    if (withoutBody.has(this.#status)) throw new TypeError(`A response of status ${this.#status} must have no body.`)
    if (typeof body === 'string') {
      this.#text = body
      this.#setType('text/plain;charset=UTF-8')
    } else this.#wrap(body)
  }

  static json(data: unknown, init?: ResponseInit): LightResponse {
    const text = JSON.stringify(data) as string | undefined
    if (text === undefined) throw new TypeError("The value can't be converted to JSON.")
    const response = new LightResponse(null, init)
    if (withoutBody.has(response.#status))
      throw new TypeError(`A response of status ${response.#status} must have no body.`)
    response.#text = text
    response.#setType('application/json')
    return response
  }

  static error(): Response {
    return NativeResponse.error()
  }

  static redirect(url: string | URL, status?: number): Response {
    return NativeResponse.redirect(url, status)
  }

  /** True if the value is a light response, or of a class that extends it. */
  static is(value: object): value is LightResponse {
    return #fields in value
  }

  /** The fields, for the server that writes the response. */
  static fields(response: LightResponse): FieldList {
    return response.#fields
  }

  static bodyToWrite(response: LightResponse): BodyToWrite {
    if (response.#body === null) return response.#text
    return response.#body.plain ?? response.#body.stream
  }

  /** The same response as a native object with the given body. */
  static toNative(response: LightResponse, body: ReadableStream<Bytes> | null): Response {
    const init = { status: response.#status, statusText: response.#statusText, headers: response.headers }
    return new NativeResponse(body, init)
  }

  /** The same response as a native object, which takes the body over. */
  static whole(response: LightResponse): Response {
    return LightResponse.toNative(response, response.#ownBody()?.takeStream() ?? null)
  }

  get type(): ResponseType {
    return 'default'
  }

  get url(): string {
    return ''
  }

  get redirected(): boolean {
    return false
  }

  get status(): number {
    return this.#status
  }

  get ok(): boolean {
    return this.#status >= 200 && this.#status < 300
  }

  get statusText(): string {
    return this.#statusText
  }

  get headers(): Headers {
    this.#headers ??= LightHeaders.ofList(this.#fields)
    return this.#headers
  }

  get body(): ReadableStream<Bytes> | null {
    return this.#ownBody()?.stream ?? null
  }

  get bodyUsed(): boolean {
    return this.#body !== null && this.#body.isUsed
  }

  async text(): Promise<string> {
    return (await this.#ownBody()?.text()) ?? ''
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async bytes(): Promise<Bytes> {
    return (await this.#ownBody()?.bytes()) ?? new Uint8Array()
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer
  }

  async blob(): Promise<Blob> {
    return await nativeOf(await this.bytes(), this.headers.get('content-type')).blob()
  }

  async formData(): Promise<FormData> {
    return await nativeOf(await this.bytes(), this.headers.get('content-type')).formData()
  }

  /** @throws TypeError when the body is used or locked */
  clone(): LightResponse {
    const body = this.#ownBody()?.clone() ?? null
    const copy = new LightResponse(null, {
      status: this.#status,
      statusText: this.#statusText,
      headers: this.headers,
    })
    copy.#body = body
    return copy
  }

  #ownBody(): LightBody | null {
    if (this.#text !== null) this.#body = new LightBody(this.#text)
    this.#text = null
    return this.#body
  }

  #wrap(body: Exclude<BodyInit, string>): void {
    if (body instanceof ArrayBuffer || (ArrayBuffer.isView(body) && body.buffer instanceof ArrayBuffer)) {
      this.#body = new LightBody(copyOf(body))
      return
    }
    const native = new NativeResponse(body)
    const type = native.headers.get('content-type')
    if (type !== null) this.#setType(type)
    this.#body = new LightBody(native)
  }

  #setType(type: string): void {
    const { names, values } = this.#fields
    if (names.includes('content-type')) return
    names.push('content-type')
    values.push(type)
  }
}

const noInit: ResponseInit = {}

function dictionary(init: ResponseInit | null | undefined): ResponseInit {
  if (init === undefined || init === null) return noInit
  if (typeof init !== 'object' && typeof init !== 'function')
    throw new TypeError('The second argument must be an object.')
  return init
}

/** Null body statuses, Fetch §2.2.3. */
const withoutBody: ReadonlySet<number> = new Set([101, 103, 204, 205, 304])

/** Deno marks WebSocket upgrades by a status that other runtimes refuse. */
const takesUpgrade = accepts(() => new NativeResponse(null, { status: 101 }))

function accepts(make: () => Response): boolean {
  try {
    make()
    return true
  } catch {
    return false
  }
}

function checkStatus(given: number): number {
  // Throws for a bigint or a symbol, as the native one does.
  const status = Math.trunc(given) & 0xffff
  if ((status < 200 || status > 599) && !(status === 101 && takesUpgrade)) {
    throw new RangeError(`The status must be 200 to 599, not ${textOf(given)}.`)
  }
  return status
}

function checkText(given: string): string {
  const text = textOf(given)
  if (!reasonPhrase.test(text)) throw new TypeError('A status text contains a forbidden character.')
  return text
}

function copyOf(body: ArrayBuffer | ArrayBufferView): Bytes {
  return body instanceof ArrayBuffer
    ? new Uint8Array(body.slice())
    : new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength).slice()
}

delegate(LightResponse.prototype, NativeResponse.prototype, {
  bare: (response) => LightResponse.toNative(response, null),
  whole: LightResponse.whole,
})
