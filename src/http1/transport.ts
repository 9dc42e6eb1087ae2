/** A byte stream both ways, such as a TCP or TLS socket. It reports to an `HttpConnection`. */
export interface Transport {
  /** The peer, as handlers see it. */
  readonly peer: Peer
  /** True if sent bytes have not been taken. */
  readonly isPending: boolean
  /** The number of bytes that the peer has taken in all. */
  readonly takenBytes: number
  /** Sends text, one byte a character, or bytes, which must not change any more. After false, wait for `drained`. */
  write(data: string | Uint8Array): boolean
  /** Holds back written bytes until `uncork`, to send them in one write. */
  cork(): void
  uncork(): void
  /** Ends this side after the written bytes. Bytes of the peer still come. */
  end(): void
  /** Closes both directions. The system still sends the bytes that it has accepted. */
  destroy(): void
  /** Resets the connection where that is possible, so that the peer can distinguish it from an orderly end. */
  reset(): void
  pause(): void
  resume(): void
}

/** The client of a connection. */
export interface Peer {
  readonly address: string | null
  readonly port?: number | undefined
  /** True if the connection is encrypted. */
  readonly isSecure: boolean
}
