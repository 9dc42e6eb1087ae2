/** A place in a topic: everything up to and including the offset lies before it. Offset 0 is before the first event. */
export interface Position {
  /** Of the whole server; another one means another history. */
  readonly epoch: string
  readonly offset: number
}

/** Why reading can't go on after a position: it is of another history, its next event is gone, or it has not been yet. */
export type GapReason = 'epoch' | 'trimmed' | 'future'

/** Where reading goes on, and whether everything since the position that was asked for comes along. */
export type Start =
  | { readonly position: Position; readonly recovered: true }
  | { readonly position: Position; readonly recovered: false; readonly reason: GapReason }
