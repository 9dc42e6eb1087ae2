/**
 * Hashes passwords by scrypt (RFC 7914) with N=2^15, r=8, p=3, a few at a time and off the event loop: 32 MiB and a
 * tenth of a second each. The queue is bounded.
 */
export interface Passwords {
  /**
   * Returns a hash to store, in the PHC string format, with its salt and parameters.
   * @throws AppError `busy` when the queue is full
   */
  hash(password: string): Promise<string>
  /**
   * Returns whether the password matches the hash. With null for a hash it is false, after the same work.
   * @throws AppError `busy` when the queue is full
   */
  verify(password: string, hash: string | null): Promise<boolean>
  /** Returns whether a hash uses the current parameters; any other is replaced at the next sign-in. */
  isCurrent(hash: string): boolean
}
