import { createHash } from 'node:crypto'
import { chooseProtocol } from '../../src/connections/upgrade.ts'

/** RFC 6455 §1.3. */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Returns the response to a valid handshake (RFC 6455 §4.2.2), which names a subprotocol only if the client offers one. */
export function handshakeResponse({ headers }: Request): string {
  const key = headers.get('sec-websocket-key') ?? ''
  const accept = createHash('sha1')
    .update(key + acceptSuffix)
    .digest('base64')
  const protocol = headers.has('sec-websocket-protocol') ? chooseProtocol(headers) : null
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    ...(protocol === null ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}
