import type { Socket } from 'node:net'
import type { Peer } from '../../src/http1/transport.ts'
import type { SocketOwner } from './socket.ts'

/** Takes a socket over whose first byte is not one of HTTP; null leaves it to HTTP. */
export type AcceptMessages = (firstByte: number, socket: Socket, peer: Peer, authority: string) => SocketOwner | null

/** Has a socket until its first byte tells whose it is. */
export class FirstByte implements SocketOwner {
  readonly #decide: (byte: number) => SocketOwner

  /** @param decide gives the socket to another */
  constructor(decide: (byte: number) => SocketOwner) {
    this.#decide = decide
  }

  receive(bytes: Uint8Array, start: number, end: number): void {
    this.#decide(bytes[start] as number).receive(bytes, start, end)
  }

  /** HTTP knows what to do with a connection on which nothing comes. */
  receiveEnd(): void {
    this.#decide(0).receiveEnd()
  }

  drained(): void {}

  closed(): void {}
}
