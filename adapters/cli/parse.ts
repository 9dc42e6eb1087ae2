import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { UsageError } from './command.ts'

/** Parses the arguments of a command. @throws UsageError for an unknown option, or another number of positional arguments */
export function parseArguments<const O extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: O,
  positionals: readonly string[] = [],
) {
  const parsed = tryParse(args, options)
  if (parsed.positionals.length !== positionals.length)
    throw new UsageError(
      positionals.length === 0 ? 'There are too many arguments.' : `Give ${positionals.join(' and ')}.`,
    )
  return parsed
}

function tryParse<const O extends ParseArgsOptionsConfig>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
