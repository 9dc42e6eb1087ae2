import type { TopicEvent } from '../topics/event.ts'

/** An encoding of messages: JSON or CBOR. */
export interface Format {
  readonly name: 'json' | 'cbor'
  encode(message: object): string | Uint8Array
  /** The answer to a request of the app, whose body is JSON text already, or null for none. */
  encodeAnswer(id: number | string, status: number, headers: Readonly<Record<string, string>>, json: string | null): string | Uint8Array
  /** The `event` message; pass it to `TopicEvent.as`, so that it is made once. */
  readonly event: (event: TopicEvent) => string | Uint8Array
  /** @throws MessageError (-32700) when it is none, or is too deep */
  decode(message: string | Uint8Array): unknown
}
