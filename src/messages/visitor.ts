import type { Identity } from '../auth/identity.ts'

/** Who is at the other end of a session; known from its beginning, or once `hello` has signed in. */
export interface Visitor {
  identity: Identity | null
}
