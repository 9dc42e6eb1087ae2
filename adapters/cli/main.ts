#!/usr/bin/env node
import process from 'node:process'
import { parseConfig } from '../../src/config.ts'
import { StartError } from '../../src/errors.ts'
import { backup, restore } from '../sqlite/backup.ts'

const usage =
  'Say `galley backup FILE`, or `galley restore FILE` while the server does not run. DATA_DIR names the data.'

async function run([command, file, ...rest]: readonly string[]): Promise<string> {
  const { DATA_DIR } = parseConfig(process.env)
  if (file === undefined || rest.length > 0) throw new StartError(usage)
  if (command === 'backup') {
    await backup(DATA_DIR, file)
    return `${DATA_DIR} is saved in ${file}.`
  }
  if (command !== 'restore') throw new StartError(usage)
  const { aside } = await restore(file, DATA_DIR)
  const before = aside === null ? '' : ` What was there before is in ${aside}.`
  return `${DATA_DIR} holds what ${file} held.${before}`
}

// A copy of the data is nobody else's on the machine.
process.umask(0o077)

try {
  process.stdout.write(`${await run(process.argv.slice(2))}\n`)
} catch (error) {
  if (!(error instanceof StartError)) throw error
  process.stderr.write(`galley: ${error.message}\n`)
  process.exitCode = 1
}
