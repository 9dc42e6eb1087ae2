/**
 * Hashes passwords by scrypt with N=2^15, r=8, p=3, a few at a time and beside what is served: 32 MiB and a tenth of a
 * second each. What waits is bounded.
 */
export interface Passwords {
  /**
   * A hash to store, in the PHC string format, with its salt and parameters.
   * @throws AppError `busy` when too many wait already
   */
  hash(password: string): Promise<string>
  /**
   * Whether the password is the one that was hashed. With null for a hash it is false, after as much work as
   * with one.
   * @throws AppError `busy` when too many wait already
   */
  verify(password: string, hash: string | null): Promise<boolean>
  /** Whether a hash was made with today's parameters; another is replaced when its password is next known. */
  isCurrent(hash: string): boolean
}
