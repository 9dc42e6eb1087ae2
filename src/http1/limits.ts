/** The limits for each client, with their reasons. Sizes in bytes, times in milliseconds. */
export interface Limits {
  /** A longer request line is a 414. RFC 9112 §3 wants 8,000 at least. */
  requestLineBytesMax: number
  /** All header fields with their line ends; more is a 431. Browsers and proxies send far less. */
  headerBytesMax: number
  /** More fields are a 431: each costs memory and a comparison at every look-up. */
  headerFieldsMax: number
  /** A larger body is a 413. It is streamed, so this bounds time and disk, not memory. */
  bodyBytesMax: number
  /** All chunk extensions of a body: they are not used in practice, so many of them are an attack. */
  chunkExtensionBytesMax: number
  /** All trailer fields of a body with their line ends. They are checked and discarded. */
  trailerBytesMax: number
  /** A larger body that a handler reads as a whole, and not as a stream, is a 413, because it is held in memory. */
  wholeBodyBytesMax: number
  /** Bytes of a body that wait for a handler to read them; then the socket is no longer read. */
  bodyQueueBytesMax: number
  /** The rest of a body that no handler read is read up to this, to keep the connection; a longer rest closes it. */
  unreadBodyBytesMax: number
  /** Pipelined bytes that wait for the responses before them; then the socket is no longer read. */
  backlogBytesMax: number
  /** The last response has `Connection: close`, so that no connection lives forever. */
  requestsPerConnectionMax: number
  /** A connection beyond these gets a 503 and is closed; with TLS it is closed before the handshake. */
  connectionsMax: number
  connectionsPerAddressMax: number
  /** From the first byte of a head, or from the start of the connection, to its last byte, at any rate: 408. */
  headTimeoutMs: number
  /** Without a byte of a body for this long while the handler reads it: 408. */
  bodyIdleTimeoutMs: number
  /** The least average rate of a body, counted while the handler reads it: 408. */
  bodyBytesPerSecondMin: number
  /** Between a response and the next request. Longer than the 60 s of most proxies, so that they close first. */
  keepAliveTimeoutMs: number
  /** Without progress in sending to the peer. */
  writeTimeoutMs: number
  /** When neither the handler nor the client takes any bytes: a lost client would not be noticed. */
  standstillTimeoutMs: number
  /** A half-closed client may wait for its response this long; it may also be lost. */
  halfCloseTimeoutMs: number
  /** After the last response, bytes are read and discarded this long, because a reset could destroy the response (RFC 9112 §9.6). */
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
