import type { TopicEvent } from '../topics/event.ts'

/** An encoded message: JSON text or CBOR bytes. */
export type Encoded = string | Uint8Array

/** An encoding of messages: JSON or CBOR. */
export interface Format {
  readonly name: 'json' | 'cbor'
  /** The notifications `ping` and `pong`. */
  readonly ping: Encoded
  readonly pong: Encoded
  encode(message: object): Encoded
  /** Encodes the response to a request of the app. `json` is the body as JSON text, or null for none. */
  encodeResponse(
    id: number | string,
    status: number,
    headers: Readonly<Record<string, string>> | null,
    json: string | null,
  ): Encoded
  /** Encodes an `event` message; pass it to `TopicEvent.as`, so that it is encoded once. */
  readonly event: (event: TopicEvent) => Encoded
  /** Encodes a response around a result that is encoded already; null for none. */
  encodeEncoded(id: number | string, result: Encoded | null): Encoded
  /** Returns the encoded value of a member of a message that `decode` takes; null when there is none. */
  member(message: Encoded, name: string): Encoded | null
  /**
   * @param onValues receives the number of values
   * @throws MessageError (-32700) when it is invalid, nested too deep, or has too many values
   */
  decode(message: Encoded, onValues?: (values: number) => void): unknown
}
