import type { Socket } from 'node:net'
import type { Peer } from '../../src/http1/transport.ts'
import type { SocketOwner } from './socket.ts'

/** Takes over a socket whose first byte is not one of HTTP; null leaves it to HTTP. */
export type AcceptMessages = (firstByte: number, socket: Socket, peer: Peer, authority: string) => SocketOwner | null

/** Owns a socket until its first byte tells its protocol. */
export class FirstByte implements SocketOwner {
  readonly #decide: (byte: number) => SocketOwner

  /** @param decide gives the socket to another owner and returns that */
  constructor(decide: (byte: number) => SocketOwner) {
    this.#decide = decide
  }

  receive(bytes: Uint8Array, start: number, end: number): void {
    this.#decide(bytes[start] as number).receive(bytes, start, end)
  }

  /** HTTP handles connections without a byte. */
  receiveEnd(): void {
    this.#decide(0).receiveEnd()
  }

  drained(): void {}

  closed(): void {}
}
