/**
 * A `Request` (Fetch §5.4) over a received head. Properties that routes use come from the head; for the rest it makes a
 * native object.
 */
import type { FieldBlock } from './fields.ts'
import { type LightBody, nativeOf } from './light-body.ts'
import { LightHeaders } from './light-headers.ts'
import { delegate } from './native.ts'
import type { RequestHead } from './request-head.ts'
import { type Target, urlOf } from './target.ts'

const NativeRequest = globalThis.Request

export class LightRequest {
  readonly #method: string
  readonly #target: Target
  readonly #isAbnormal: boolean
  readonly #fields: FieldBlock
  readonly #body: LightBody | null
  #url: string | null = null
  #headers: LightHeaders | null = null
  #abort: AbortController | null = null
  #abortReason: unknown
  #bare: Request | null = null

  /** @param target the head's own, which must not be null */
  constructor(
    { method, isAbnormal, fields }: Pick<RequestHead, 'method' | 'isAbnormal' | 'fields'>,
    target: Target,
    body: LightBody | null,
  ) {
    this.#method = method
    this.#target = target
    this.#isAbnormal = isAbnormal
    this.#fields = fields
    this.#body = body
  }

  /** Aborts `signal`, for listeners of now and later: the client is gone. */
  static abort(request: LightRequest, reason: Error): void {
    request.#abortReason ??= reason
    request.#abort?.abort(reason)
  }

  /**
   * Returns the same request as a native object, which takes the body over if that is wanted. Returns any other value as
   * it is.
   * @throws TypeError when the body is used or locked
   */
  static toNative(value: unknown, isBodyWanted = true): unknown {
    if (typeof value !== 'object' || value === null || !(#method in value)) return value
    const body = value.#body === null || !isBodyWanted ? null : value.#body.takeStream()
    return value.#makeNative(body, value.signal)
  }

  get method(): string {
    return this.#method
  }

  get url(): string {
    this.#url ??= urlOf(this.#target, this.#isAbnormal)
    return this.#url
  }

  get headers(): Headers {
    this.#headers ??= LightHeaders.ofBlock(this.#fields)
    return this.#headers
  }

  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController()
      if (this.#abortReason !== undefined) this.#abort.abort(this.#abortReason)
    }
    return this.#abort.signal
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#body === null ? null : this.#body.stream
  }

  get bodyUsed(): boolean {
    return this.#body !== null && this.#body.isUsed
  }

  text(): Promise<string> {
    return this.#body === null ? Promise.resolve('') : this.#body.text()
  }

  json(): Promise<unknown> {
    return this.text().then((text) => JSON.parse(text))
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#body === null ? Promise.resolve(new Uint8Array()) : this.#body.bytes()
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.bytes().then(({ buffer }) => buffer)
  }

  async blob(): Promise<Blob> {
    return await nativeOf(await this.bytes(), this.headers.get('content-type')).blob()
  }

  async formData(): Promise<FormData> {
    return await nativeOf(await this.bytes(), this.headers.get('content-type')).formData()
  }

  /** @throws TypeError when the body is used or locked */
  clone(): Request {
    const body = this.#body === null ? null : this.#body.clone().stream
    return this.#makeNative(body, AbortSignal.any([this.signal]))
  }

  #makeNative(body: ReadableStream<Uint8Array<ArrayBuffer>> | null, signal: AbortSignal): Request {
    const init: RequestInit & { duplex: 'half' } = {
      method: this.#method,
      headers: this.headers,
      signal,
      duplex: 'half',
    }
    if (body !== null) init.body = body
    return new NativeRequest(this.url, init)
  }

  /** Without body and signal, for rarely used properties. */
  static bare(request: LightRequest): Request {
    request.#bare ??= new NativeRequest(request.url, { method: request.#method, headers: request.headers })
    return request.#bare
  }
}

delegate(LightRequest.prototype, NativeRequest.prototype, {
  bare: LightRequest.bare,
  whole: (request) => LightRequest.toNative(request) as Request,
})
