/** `galley migrate`: brings the data in DATA_DIR to what the app declares, or prints what that would change. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type { Changes } from '../../src/app/migrate.ts'
import { parseConfig } from '../../src/config.ts'
import { backup } from '../sqlite/backup.ts'
import { databaseName, openDataDirectory } from '../sqlite/data-directory.ts'
import { appOption, createCommandPlatform, loadApp, type MakeApp, openOwnDirectory } from './app-module.ts'
import type { Command } from './command.ts'
import { parseArguments } from './parse.ts'

/** The exit code of a dry run that found something to do. */
const pendingCode = 3

export const migrateCommand: Command = {
  name: 'migrate',
  usage: '[--app ./app.ts] [--dry-run]',
  summary: `Migrate the data in DATA_DIR, or print what that would change (exit code ${pendingCode} if anything), also while the server runs.`,
  async run(args) {
    const { values } = parseArguments(args, { ...appOption, 'dry-run': { type: 'boolean', default: false } })
    const makeApp = await loadApp(values.app)
    return values['dry-run'] ? dryRun(makeApp) : migrate(makeApp)
  },
}

async function migrate(makeApp: MakeApp): Promise<number> {
  const database = openOwnDirectory()
  try {
    const app = makeApp(createCommandPlatform(database))
    const changes = await app.planMigration()
    await app.start()
    await app.stop()
    print(changes, 'Nothing had to be changed.')
  } finally {
    await database.close()
  }
  return 0
}

/** Works on a copy, so that a server that runs is not disturbed. */
async function dryRun(makeApp: MakeApp): Promise<number> {
  const { DATA_DIR } = parseConfig(process.env)
  if (!existsSync(join(DATA_DIR, databaseName))) {
    process.stdout.write(`There is no database in ${DATA_DIR} yet.\n`)
    return pendingCode
  }
  const folder = mkdtempSync(join(DATA_DIR, 'dry-run-'))
  try {
    await backup(DATA_DIR, join(folder, databaseName))
    const database = openDataDirectory(folder)
    const changes = await makeApp(createCommandPlatform(database))
      .planMigration()
      .finally(() => database.close())
    print(changes, 'Nothing would change.')
    return changes.migrations.length + changes.declarations.length === 0 ? 0 : pendingCode
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function print({ migrations, declarations }: Changes, nothing: string): void {
  const lines = [...migrations.map((name) => `migration: ${name}`), ...declarations]
  process.stdout.write(lines.length === 0 ? `${nothing}\n` : lines.map((line) => `${line}\n`).join(''))
}
