import type { TopicEvent } from '../topics/event.ts'

/** A message as it goes over a connection: text of JSON or bytes of CBOR. */
export type Encoded = string | Uint8Array

/** An encoding of messages: JSON or CBOR. */
export interface Format {
  readonly name: 'json' | 'cbor'
  /** The notifications `ping` and `pong`. */
  readonly ping: Encoded
  readonly pong: Encoded
  encode(message: object): Encoded
  /** The answer to a request of the app, whose body is JSON text already, or null for none. */
  encodeAnswer(
    id: number | string,
    status: number,
    headers: Readonly<Record<string, string>> | null,
    json: string | null,
  ): Encoded
  /** The `event` message; pass it to `TopicEvent.as`, so that it is made once. */
  readonly event: (event: TopicEvent) => Encoded
  /** @throws MessageError (-32700) when it is none, or is too deep */
  decode(message: Encoded): unknown
}
