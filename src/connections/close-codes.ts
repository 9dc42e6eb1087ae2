/** Why the server ends a connection: the codes of `goaway`, and the close codes of WebSockets (RFC 6455 §7.4). */
const closeCodes = {
  /** The client half-closed and every request has its response. */
  1000: { reconnect: false },
  /** Invalid framing, or an invalid first message. */
  1002: { reconnect: false },
  /** A text frame on a binary connection, or the reverse. */
  1003: { reconnect: false },
  /** A text frame that is not UTF-8. */
  1007: { reconnect: false },
  /** Too many invalid messages, or too many messages. */
  1008: { reconnect: false },
  /** A message that is too large. */
  1009: { reconnect: false },
  /** A fault of the server. */
  1011: { reconnect: true },
  /** The server restarts. */
  1012: { reconnect: true },
  /** Too busy. */
  1013: { reconnect: true },
  /** The session or key that opened it has ended. */
  4401: { reconnect: false },
  /** The peer was silent for two heartbeats, or left a message incomplete. */
  4408: { reconnect: true },
} as const

export type CloseCode = keyof typeof closeCodes

/** The last message of a connection. */
export function goaway(code: CloseCode, reason: string): object {
  return { jsonrpc: '2.0', method: 'goaway', params: { code, reason, reconnect: closeCodes[code].reconnect } }
}
