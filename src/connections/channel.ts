import type { TopicEvent } from '../topics/event.ts'
import type { Encoded, Format } from './format.ts'

/** One connection that carries messages, as a session sees it: a WebSocket, or a TCP socket. */
export interface Channel {
  readonly format: Format
  /** More was sent than the other end has taken yet, by a named limit: nothing that can wait should follow until `drained`. */
  readonly isBlocked: boolean
  /** Sends one message as the format made it. */
  send(message: Encoded): void
  /** Sends events to many: what they share is made once. */
  sendEvents(events: readonly TopicEvent[]): void
  /** Looks whether the other end is there: any answer is heard by the session. */
  ping(): void
  /** Ends the connection after what was sent. */
  close(code: number, reason: string): void
}
