/** `galley backup FILE` and `galley restore FILE`, on the data directory that DATA_DIR names. */
import process from 'node:process'
import { parseConfig } from '../../src/config.ts'
import { backup, restore } from '../sqlite/backup.ts'
import { type Command, UsageError } from './command.ts'

export const backupCommand: Command = {
  name: 'backup',
  usage: 'FILE',
  summary: 'Copy the data in DATA_DIR to FILE, also while the server runs.',
  async run(args) {
    const { file, dataDir } = prepare(args)
    await backup(dataDir, file)
    process.stdout.write(`${dataDir} is saved in ${file}.\n`)
    return 0
  },
}

export const restoreCommand: Command = {
  name: 'restore',
  usage: 'FILE',
  summary: 'Replace the data in DATA_DIR by the copy in FILE, while the server does not run.',
  async run(args) {
    const { file, dataDir } = prepare(args)
    const { aside } = await restore(file, dataDir)
    const before = aside === null ? '' : ` The data from before is in ${aside}.`
    process.stdout.write(`${dataDir} is restored from ${file}.${before}\n`)
    return 0
  },
}

function prepare([file, ...rest]: readonly string[]): { file: string; dataDir: string } {
  if (file === undefined || rest.length > 0) throw new UsageError('Give the path of one file.')
  return { file, dataDir: parseConfig(process.env).DATA_DIR }
}
