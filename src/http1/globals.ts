/**
 * Replaces the global `Response` and `Request` by the light ones, so that handlers make light objects without changes.
 * Native objects keep working, `instanceof` holds for both kinds, and `fetch`
 * and `new Request` take light requests.
 */
import { LightRequest } from './light-request.ts'
import { LightResponse } from './light-response.ts'

const { fetch: nativeFetch, Request: NativeRequest, Response: NativeResponse } = globalThis
let isInstalled = false

/** Replaces the globals at the first call. */
export function installLightObjects(): void {
  if (isInstalled) return
  isInstalled = true
  replace('Request', requestClass())
  replace('Response', responseClass())
  replace('fetch', function fetch(input: RequestInfo | URL, ...init: [init?: RequestInit]) {
    return nativeFetch(LightRequest.toNative(input) as RequestInfo, ...init)
  })
}

/** The native class, whose constructor also takes light requests. */
function requestClass(): object {
  function Request(input: RequestInfo | URL, init?: RequestInit): Request {
    const native = LightRequest.toNative(input, (init?.body ?? null) === null)
    const target = new.target === Request ? NativeRequest : new.target
    return Reflect.construct(NativeRequest, [native, LightRequest.toNative(init)], target)
  }
  Object.setPrototypeOf(Request, NativeRequest)
  Request.prototype = NativeRequest.prototype
  NativeRequest.prototype.constructor = Request
  return Request
}

/** Its instances are light; it is named as the native class, and native responses are instances of it, too. */
function responseClass(): typeof LightResponse {
  Object.defineProperty(LightResponse, 'name', { value: 'Response' })
  Object.defineProperty(LightResponse, Symbol.hasInstance, {
    value(this: unknown, value: unknown) {
      return this === LightResponse
        ? NativeResponse.prototype.isPrototypeOf(Object(value))
        : Function.prototype[Symbol.hasInstance].call(this, value)
    },
  })
  Object.defineProperty(NativeResponse.prototype, 'constructor', { value: LightResponse })
  return LightResponse
}

function replace(name: 'Request' | 'Response' | 'fetch', value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}
