import type { Channel } from './channel.ts'
import type { EndCode } from './ends.ts'
import type { MessageError } from './message-error.ts'
import type { SessionState } from './session-state.ts'

/** stub: the signatures are final, the body follows */
export class Session {
  readonly id: string = ''
  get isClosed(): boolean {
    return false
  }
  /** A whole message has come. */
  receive(_message: string | Uint8Array): void {}
  /** Something has come whose bytes are no message, in framing that still stands. */
  broken(_error: MessageError): void {}
  /** Anything at all has come, such as the answer to a WebSocket ping. */
  heard(): void {}
  /** The channel is not blocked any more. */
  drained(): void {}
  /** The peer sends nothing more (a TCP half-close): what it asked for is answered, then the session ends with 1000. */
  ended(): void {}
  /** The connection is gone. */
  closed(): void {}
  /** Says goodbye and closes the channel. */
  refuse(_code: EndCode, _reason: string): void {}
  state(): SessionState {
    return { id: '', subscriptions: [], memberships: [] }
  }
}
export type { Channel }
