import type { CloseCode } from './close-codes.ts'
import type { MessageError } from './message-error.ts'

/** Takes what frames hold; a session is one. */
export interface FrameSink {
  receive(message: string | Uint8Array): void
  /** The frame is whole, but what it holds is no text. */
  broken(error: MessageError): void
}

/** Cuts a stream of bytes into messages. */
export interface FrameReader {
  /** Bytes that wait for the rest of their message. */
  readonly pendingBytes: number
  /**
   * Takes bytes as they come, and gives each message to the sink as soon as it is whole. The bytes are the
   * caller's again when this returns: what must be kept is copied, and a message may be a view of them.
   * @throws FramingError when the stream can't be read on
   */
  push(bytes: Uint8Array): void
}

/** The stream can't be read on: the connection must end with this code. */
export class FramingError extends Error {
  override readonly name = 'FramingError'
  readonly code: CloseCode

  constructor(code: CloseCode, message: string) {
    super(message)
    this.code = code
  }
}
