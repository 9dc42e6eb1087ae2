/** The WebSocket subprotocols (RFC 6455 §1.9), the default first. */
export const protocols = ['galley.v1.json', 'galley.v1.cbor'] as const

/** Returns the first supported subprotocol that a client offers, the default when it offers none, null when none is supported. */
export function chooseProtocol(headers: Headers): (typeof protocols)[number] | null {
  const offered = headers.get('sec-websocket-protocol')
  if (offered === null) return protocols[0]
  const names = offered.split(',').map((name) => name.trim())
  return protocols.find((protocol) => names.includes(protocol)) ?? null
}
