/** How the server ends a connection: codes of `goaway`, and close codes of WebSockets (RFC 6455 §7.4). */
const closeCodes = {
  /** The client asked. */
  1000: { reconnect: false },
  /** Broken framing, or a first message that is none. */
  1002: { reconnect: false },
  /** A frame of the wrong kind. */
  1003: { reconnect: false },
  /** Too many broken messages, or not allowed. */
  1008: { reconnect: false },
  /** A message that is too large. */
  1009: { reconnect: false },
  /** Our fault. */
  1011: { reconnect: true },
  /** The server restarts. */
  1012: { reconnect: true },
  /** Too busy. */
  1013: { reconnect: true },
  /** The sign-in that it was begun with is over. */
  4401: { reconnect: false },
  /** Nothing heard for two heartbeats. */
  4408: { reconnect: true },
} as const

export type CloseCode = keyof typeof closeCodes

/** The last message of a connection. */
export function goaway(code: CloseCode, reason: string): object {
  return { jsonrpc: '2.0', method: 'goaway', params: { code, reason, reconnect: closeCodes[code].reconnect } }
}
