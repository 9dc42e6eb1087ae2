/** What a client may ask of a server, each with its reason. Sizes in bytes, times in milliseconds. */
export interface Limits {
  /** A longer request line is a 414. RFC 9112 §3 wants 8,000 at least. */
  requestLineBytesMax: number
  /** All header fields with their line ends; more is a 431. What browsers and proxies send stays far below. */
  headerBytesMax: number
  /** More fields are a 431: each costs memory and a comparison at every look-up. */
  headerFieldsMax: number
  /** A larger body is a 413. It is streamed, so this bounds time and disk, not memory. */
  bodyBytesMax: number
  /** All chunk extensions of a body: nobody uses them, so a lot of them is an attack. */
  chunkExtensionBytesMax: number
  /** All trailer fields of a body with their line ends. They are checked and thrown away. */
  trailerBytesMax: number
  /** A body that a handler wants as a whole, and not as a stream: more is a 413, because it is held in memory. */
  wholeBodyBytesMax: number
  /** Bytes of a body that wait for a handler to read them; then the socket is no longer read. */
  bodyQueueBytesMax: number
  /** What is left of a body that no handler wanted is read up to this, to keep the connection; else it closes. */
  unreadBodyBytesMax: number
  /** Pipelined bytes that wait for the answers before them; then the socket is no longer read. */
  backlogBytesMax: number
  /** The last answer says `Connection: close`, so that no connection lives forever. */
  requestsPerConnectionMax: number
  /** A connection beyond these is answered 503 and closed; with TLS it is closed before the handshake. */
  connectionsMax: number
  connectionsPerAddressMax: number
  /** From the first byte of a head, or from the start of the connection, to its last byte, however it drips: 408. */
  headTimeoutMs: number
  /** Without a byte of a body for this long, though it is wanted: 408. */
  bodyIdleTimeoutMs: number
  /** A body must come this fast on the average, counted when it is wanted: 408. */
  bodyBytesPerSecondMin: number
  /** Between an answer and the next request. Longer than the 60 s of most proxies, so that they close first. */
  keepAliveTimeoutMs: number
  /** Without a byte taken of what is sent. */
  writeTimeoutMs: number
  /** When neither a handler takes anything of what has come nor the client of what is sent: nobody would hear that the client is gone. */
  standstillTimeoutMs: number
  /** A client that has sent its end may still wait for the answer this long; it may also be gone. */
  halfCloseTimeoutMs: number
  /** After a last answer bytes are read and thrown away this long, lest a reset destroy the answer (RFC 9112 §9.6). */
  lingerTimeoutMs: number
}

export const defaultLimits: Limits = {
  requestLineBytesMax: 8 * 1024,
  headerBytesMax: 16 * 1024,
  headerFieldsMax: 100,
  bodyBytesMax: 1024 ** 3,
  chunkExtensionBytesMax: 4096,
  trailerBytesMax: 4096,
  wholeBodyBytesMax: 16 * 1024 ** 2,
  bodyQueueBytesMax: 64 * 1024,
  unreadBodyBytesMax: 256 * 1024,
  backlogBytesMax: 64 * 1024,
  requestsPerConnectionMax: 1_000_000,
  connectionsMax: 20_000,
  connectionsPerAddressMax: 2_000,
  headTimeoutMs: 5000,
  bodyIdleTimeoutMs: 5000,
  bodyBytesPerSecondMin: 256,
  keepAliveTimeoutMs: 65_000,
  writeTimeoutMs: 10_000,
  standstillTimeoutMs: 60_000,
  halfCloseTimeoutMs: 5000,
  lingerTimeoutMs: 2000,
}
