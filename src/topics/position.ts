/** A place in a topic: everything up to and including the offset lies before it. Offset 0 is before the first event. */
export interface Position {
  /** Identifies the history of the whole server; it changes when an offset could repeat. */
  readonly epoch: string
  readonly offset: number
}

/** Why reading can't continue after a position: it is from another history, its next event was trimmed, or it is in the future. */
export type GapReason = 'epoch' | 'trimmed' | 'future'

/** The position at which reading starts, and whether it has every event since the requested one. */
export type Start =
  | { readonly position: Position; readonly recovered: true }
  | { readonly position: Position; readonly recovered: false; readonly reason: GapReason }
