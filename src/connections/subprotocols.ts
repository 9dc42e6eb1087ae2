/** The WebSocket subprotocols (RFC 6455 §1.9) of messages, the one that is meant when none is named first. */
export const protocols = ['galley.v1.json', 'galley.v1.cbor'] as const

/** The first known of those that a client offers; the first of all when it offers none; null when it knows none of ours. */
export function chooseProtocol(headers: Headers): (typeof protocols)[number] | null {
  const offered = headers.get('sec-websocket-protocol')
  if (offered === null) return protocols[0]
  const names = offered.split(',').map((name) => name.trim())
  return protocols.find((protocol) => names.includes(protocol)) ?? null
}
