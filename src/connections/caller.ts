import type { Identity } from '../request/identity.ts'

/** Who is at the other end of a session; known from its beginning, or once `hello` has signed in. */
export interface Caller {
  identity: Identity | null
}
