/**
 * Puts the light objects in the place of the global `Response` and `Request`, so that handlers make
 * them unknowingly. Native objects stay what they are, `instanceof` holds for both kinds, and `fetch`
 * and `new Request` take light requests.
 */
import { LightRequest } from './light-request.ts'
import { LightResponse } from './light-response.ts'

let isInstalled = false

/** Does it once, for the whole process. */
export function installLightObjects(): void {
  if (isInstalled) return
  isInstalled = true
  const { fetch, Request: NativeRequest, Response: NativeResponse } = globalThis
  class Request extends NativeRequest {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(LightRequest.toNative(input) as RequestInfo, LightRequest.toNative(init) as RequestInit)
    }
  }
  standFor(Request, NativeRequest)
  Object.defineProperty(LightResponse, 'name', { value: 'Response' })
  standFor(LightResponse, NativeResponse)
  replace('Request', Request)
  replace('Response', LightResponse)
  replace('fetch', (input: RequestInfo | URL, init?: RequestInit) =>
    fetch(LightRequest.toNative(input) as RequestInfo, init),
  )
}

/** Makes `instanceof` hold for both kinds, and for a class that extends this one as ever. */
function standFor(light: { prototype: object }, native: { prototype: object }): void {
  Object.defineProperty(light, Symbol.hasInstance, {
    value(this: unknown, value: unknown) {
      return this === light
        ? native.prototype.isPrototypeOf(Object(value))
        : Function.prototype[Symbol.hasInstance].call(this, value)
    },
  })
  // Native objects name the class that stands for them, too.
  Object.defineProperty(native.prototype, 'constructor', { value: light, configurable: true, writable: true })
}

function replace(name: 'Request' | 'Response' | 'fetch', value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}
