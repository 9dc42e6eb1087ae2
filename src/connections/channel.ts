import type { TopicEvent } from '../topics/event.ts'
import type { Encoded, Format } from './format.ts'

/** The transport of one live connection: a WebSocket or a TCP socket. */
export interface Channel {
  readonly format: Format
  /** True if the send buffer is over its limit: messages that can wait should not be sent until `drained`. */
  readonly isBlocked: boolean
  /** Sends one encoded message. */
  send(message: Encoded): void
  /** Sends events; the encoded form is shared between channels. */
  sendEvents(events: readonly TopicEvent[]): void
  /** Sends the peer a ping; any reply reaches the connection as `heard`. */
  ping(): void
  /** Closes the transport once everything sent before is written. */
  close(code: number, reason: string): void
}
