import type { Identity } from '../request/identity.ts'

/** The identity at the other end of a connection; known at its start, or after `hello` with a token. */
export interface Caller {
  identity: Identity | null
}
