/** A byte stream both ways, such as a TCP or TLS socket. It reports to a `Connection`. */
export interface Transport {
  /** What a handler may know of the other end. */
  readonly peer: Peer
  /** Whether something is sent that has not been taken. */
  readonly isPending: boolean
  /** How many bytes have been taken in all. */
  readonly takenBytes: number
  /** Sends text, one byte a character, or bytes, which must not change any more. False: no more until `drained`. */
  write(data: string | Uint8Array): boolean
  /** Holds back what is written until `uncork`, to send it in one go. */
  cork(): void
  uncork(): void
  /** Sends the end after all that was written. What the other end sends still comes. */
  end(): void
  /** Lets go in both directions. What the system has taken it still sends. */
  destroy(): void
  /** Breaks off in both directions, so that the other end can tell it from an end where that is possible. */
  reset(): void
  pause(): void
  resume(): void
}

/** What a server knows of the other end of a connection. */
export interface Peer {
  readonly address: string | null
  /** Whether the connection is encrypted. */
  readonly isSecure: boolean
}
