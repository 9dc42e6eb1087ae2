/** A command of the command line: `galley NAME …`. */
export interface Command {
  name: string
  /** The arguments, such as `FILE`. */
  usage: string
  summary: string
  /**
   * Resolves with the exit code.
   * @throws UsageError for wrong arguments
   * @throws StartError when the command can't do its work
   */
  run(args: readonly string[]): Promise<number>
}

/** The command was called with wrong arguments. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
