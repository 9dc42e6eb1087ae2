/** The handshake of WebSockets, which adapters accept once `App.admit` has. */
import { AppError } from '../errors.ts'
import { chooseProtocol, protocols } from './subprotocols.ts'

const connectPath = /^\/api\/(v1\/)?connect$/

/** True when a request begins a message connection: a WebSocket with a subprotocol that is known here, or without one. */
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
