/** The handshake of WebSockets, which adapters accept once `App.admit` has, and their subprotocols. */
import { AppError } from '../errors.ts'
import { listOf } from '../request/header-value.ts'

/** The WebSocket subprotocols (RFC 6455 §1.9), the default first. */
export const protocols = ['galley.v1.json', 'galley.v1.cbor'] as const

/** Returns the first supported subprotocol that a client offers, the default when it offers none, null when none is supported. */
export function chooseProtocol(headers: Headers): (typeof protocols)[number] | null {
  const offered = headers.get('sec-websocket-protocol')
  if (offered === null) return protocols[0]
  const names = listOf(offered)
  return protocols.find((protocol) => names.includes(protocol)) ?? null
}

const connectPath = /^\/api\/(v1\/)?connect$/

/** True if a request begins a message connection: a WebSocket with a subprotocol that is known here, or without one. */
export function isUpgrade({ url, headers }: Request): boolean {
  return connectPath.test(new URL(url).pathname) && headers.has('sec-websocket-key') && chooseProtocol(headers) !== null
}

/** The reason why a request to the path of WebSockets begins none. */
export function upgradeError({ headers }: Request): AppError {
  if (headers.has('sec-websocket-key') && chooseProtocol(headers) === null) {
    return new AppError('bad_request', `The WebSocket's subprotocol must be one of ${protocols.join(', ')}.`)
  }
  return new AppError('upgrade_required', undefined, { headers: { Upgrade: 'websocket', Connection: 'Upgrade' } })
}
