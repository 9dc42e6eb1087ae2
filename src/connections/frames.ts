import type { CloseCode } from './close-codes.ts'
import type { MessageError } from './message-error.ts'

/** Receives the messages of frames; a connection is one. */
export interface FrameSink {
  /** Charges received frames and bytes to the peer, before their message is complete. */
  charge(frames: number, bytes: number): void
  receive(message: string | Uint8Array): void
  /** A frame was complete, but its content is not valid text. */
  malformed(error: MessageError): void
}

/** Splits a byte stream into messages. */
export interface FrameReader {
  /** Bytes of an incomplete message. */
  readonly pendingBytes: number
  /**
   * Reads bytes, charges them, and passes each message to the sink as soon as it is complete. The bytes belong to the
   * caller again when this returns: incomplete messages are copied, and a message may be a view of the bytes. A WebSocket's
   * bytes are unmasked in place.
   * @throws FramingError when the stream cannot be continued
   */
  push(bytes: Uint8Array): void
  /** Frees the incomplete message, because the connection is closing. */
  discard(): void
}

/** The stream cannot be continued: the connection must end with this code. */
export class FramingError extends Error {
  override readonly name = 'FramingError'
  readonly code: CloseCode

  constructor(code: CloseCode, message: string) {
    super(message)
    this.code = code
  }
}
