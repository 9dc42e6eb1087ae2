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
/** The version of RFC 6455. */
const version = '13'
/** 16 bytes in Base64. */
const keyPattern = /^[+/\dA-Za-z]{21}[AQgw]==$/

/** True if a request begins a message connection: a valid handshake, with a subprotocol that is known here or without one. */
export function isUpgrade(request: Request): boolean {
  return (
    connectPath.test(new URL(request.url).pathname) &&
    request.method === 'GET' &&
    handshakeError(request.headers) === null
  )
}

/** The reason why a request to the path of WebSockets begins none. */
export function upgradeError({ headers }: Request): AppError {
  return handshakeError(headers) ?? upgradeRequired()
}

/** Returns the fault of a handshake (RFC 6455 §4.2.1); null when it has none. */
function handshakeError(headers: Headers): AppError | null {
  if (!hasToken(headers, 'upgrade', 'websocket')) return upgradeRequired()
  if (headers.get('sec-websocket-version') !== version) return upgradeRequired({ 'Sec-WebSocket-Version': version })
  if (!keyPattern.test(headers.get('sec-websocket-key') ?? '')) {
    return new AppError('bad_request', 'Sec-WebSocket-Key must be 16 bytes in Base64.')
  }
  if (chooseProtocol(headers) !== null) return null
  return new AppError('bad_request', `The WebSocket's subprotocol must be one of ${protocols.join(', ')}.`)
}

/** True if a header that is a list has a token, in upper or lower case. */
export function hasToken(headers: Headers, name: string, token: string): boolean {
  return listOf((headers.get(name) ?? '').toLowerCase()).includes(token)
}

function upgradeRequired(more: Record<string, string> = {}): AppError {
  return new AppError('upgrade_required', undefined, {
    headers: { Upgrade: 'websocket', Connection: 'Upgrade', ...more },
  })
}
