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
  /** @throws MessageError (-32700) when it is invalid or nested too deep */
  decode(message: Encoded): unknown
}
