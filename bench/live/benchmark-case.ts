/** A goal and its result. */
export interface Goal {
  what: string
  goal: string
  reached: string
  isReached: boolean
}

/** Results of a benchmark case, to be printed. */
export interface Findings {
  goals: readonly Goal[]
  /** In Markdown. */
  text: string
}

export interface Conditions {
  /** The folder for the servers' data. */
  folder: string
  serverCore: number
  rounds: number
  seconds: number
  idleSeconds: number
}

export interface BenchmarkCase {
  name: string
  title: string
  run(conditions: Conditions): Promise<Findings>
}

/** A goal of at least this ratio. */
export function atLeast(what: string, ratio: number, reached: number, write: (value: number) => string): Goal {
  return { what, goal: `${write(ratio)} or more`, reached: write(reached), isReached: reached >= ratio }
}

/** A goal of less than this value. */
export function under(what: string, most: number, reached: number, write: (value: number) => string): Goal {
  return { what, goal: `under ${write(most)}`, reached: write(reached), isReached: reached < most }
}
