#!/usr/bin/env node
import process from 'node:process'
import { AppError, StartError } from '../../src/errors.ts'
import { chatCommand } from './chat/command.ts'
import { type Command, UsageError } from './command.ts'
import { exportCommand } from './files/export.ts'
import { importCommand } from './files/import.ts'
import { backupCommand, restoreCommand } from './maintenance.ts'
import { migrateCommand } from './migrate.ts'
import { seedCommand } from './seed.ts'
import { typesCommand } from './types.ts'

const commands: readonly Command[] = [
  backupCommand,
  restoreCommand,
  migrateCommand,
  seedCommand,
  typesCommand,
  importCommand,
  exportCommand,
  chatCommand,
]

function help(): string {
  const lines = commands.map(({ name, usage, summary }) => `  galley ${name} ${usage}\n      ${summary}\n`)
  return `Usage:\n\n${lines.join('')}`
}

async function run([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || args.includes('--help')) {
    process.stdout.write(help())
    return 0
  }
  const command = commands.find((each) => each.name === name)
  if (command) return command.run(args)
  throw new UsageError(name === undefined ? 'Name a command.' : `There is no command ${name}.`)
}

/** An error of the system, such as a folder that is missing or not writable, is the operator's to mend. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error
}

function report(error: unknown): number {
  const isExpected = error instanceof UsageError || error instanceof StartError || error instanceof AppError
  if (!isExpected && !isOfSystem(error)) throw error
  const isUsage = error instanceof UsageError
  process.stderr.write(`galley: ${error.message}\n${isUsage ? `\n${help()}` : ''}`)
  return isUsage ? 2 : 1
}

process.exitCode = await run(process.argv.slice(2)).catch(report)
